"""The simulated company's eighteen months with automation live from the first day: decided at once, by a whole build,
and decided day by day, each day seeing nothing that came after it.

Day by day, the models of the decisions run for each of the days on what the models before them say, cut off at that
day: these hold for themselves that a day knows nothing later (`tests/flow/test_history.py`). Master data without a
history (owner, contacts, whether the customer wants people) is the same for both.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from decision_models import DECISIONS, DecisionModels, compile_models

from tests.flow.companies import END, simulate, write
from tests.flow.running import build, live_since
from warehouse.home import Home

pytestmark = pytest.mark.slow

FIRST = date(2025, 5, 1)
MONTHS = 18
# Messages about no single account, and to our own people, are of the day of a build only.
ABOUT_ACCOUNTS = "account_id is not null"
_TABLE = re.compile(r'"warehouse"\."(\w+)"\."(\w+)"')


def _so_far(*moments: str, **others: str) -> str:
    """Every column, but without what has not yet happened on the day."""
    given = {
        name: f"case when cast({name} as date) <= getvariable('day') then {name} end" for name in moments
    }
    return f"* replace ({', '.join(f'{sql} as {name}' for name, sql in (given | others).items())})"


# Of tables that tell of more than a day, by table: the columns and rows that a build of the day would have.
CUT = {
    "intermediate.int_play_triggers": (
        _so_far(lasted_through="least(lasted_through, getvariable('day'))"),
        "started_on <= getvariable('day')",
    ),
    "intermediate.int_rollout": (
        _so_far(as_of="getvariable('day')", scored_through="nullif(getvariable('day') - 1, live_on - 1)"),
        "true",
    ),
    "intermediate.int_accounts": (_so_far("churned_on"), "true"),
    "marts.dim_accounts": (_so_far("churned_on"), "true"),
    "intermediate.int_tickets": (
        _so_far(
            "solved_at",
            "reopened_at",
            status="case when cast(solved_at as date) <= getvariable('day') then status else 'open' end",
        ),
        "cast(created_at as date) <= getvariable('day')",
    ),
    "intermediate.int_ai_conversations": (
        _so_far("escalated_at", "resolved_at"),
        "cast(started_at as date) <= getvariable('day')",
    ),
    "intermediate.int_usage_daily": ("*", "used_on <= getvariable('day')"),
    "intermediate.int_account_tiers_daily": ("*", "scored_on <= getvariable('day')"),
    "marts.fct_account_health_daily": ("*", "date <= getvariable('day')"),
    "intermediate.int_told_risks": ("*", "date <= getvariable('day')"),
    "intermediate.int_divergences_daily": ("*", "date <= getvariable('day')"),
    "intermediate.int_staff_messages": ("*", "false"),
}


@dataclass(frozen=True)
class Decided:
    """A home with all eighteen months decided in one build, and the folder of what is true."""

    home: Home
    truth: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Decided:
    folder = tmp_path_factory.mktemp("eighteen_months")
    truth = folder / "truth"
    company = simulate(folder / "simulated", accounts=60, months=MONTHS, intensity=0.3, truth=truth)
    home = Home(folder / "home")
    build(home, write(company, folder / "drop"), END, project=live_since(f"{FIRST}", folder))
    return Decided(home, truth)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> DecisionModels:
    return compile_models(tmp_path_factory.mktemp("models"))


def day_by_day(models: DecisionModels, home: Home) -> duckdb.DuckDBPyConnection:
    """A warehouse in memory whose decisions were made on each of the days, one after the other."""
    connection = duckdb.connect()
    connection.execute(f"attach '{home.warehouse}' as home (read_only); attach ':memory:' as warehouse")
    connection.execute("use warehouse; set timezone = 'UTC'")
    for schema in ("intermediate", "marts", "actions", "policy", "staging", "raw_tierline"):
        connection.execute(f"create schema if not exists {schema}")
    read = {".".join(found) for sql in models.compiled.values() for found in _TABLE.findall(sql)}
    for table in sorted(read - set(models.compiled)):
        columns, known = CUT.get(table, ("*", "true"))
        connection.execute(f"create view {table} as select {columns} from home.{table} where {known}")
    connection.execute(f"create table {DECISIONS} as from home.{DECISIONS} limit 0")
    for number in range((END - FIRST).days + 1):
        connection.execute("set variable day = cast(? as date)", [FIRST + timedelta(days=number)])
        models.run(connection)
    return connection


def test_day_by_day_decides_what_is_decided_at_once(at_once: Decided, models: DecisionModels) -> None:
    query = f"from {DECISIONS} where {ABOUT_ACCOUNTS} order by decided_for, action_id"
    told = at_once.rows(query)
    with day_by_day(models, at_once.home) as connection:
        found = connection.execute(query).fetchall()
    days = {row[1] for row in told}
    assert len(days) > 400 and min(days) == FIRST
    assert found == told


def test_each_layer_goes_out_in_its_mode_over_all_the_months(at_once: Decided) -> None:
    counted = at_once.rows(
        "select play_id, mode, count(*), count(distinct date_trunc('month', decided_for))"
        f" from {DECISIONS} where suppressed_by is null and {ABOUT_ACCOUNTS} group by all order by all"
    )
    plays = {(play, mode): count for play, mode, count, _ in counted}
    policy = set(at_once.rows("select play_id, mode from policy.plays"))
    assert set(plays) <= policy, "each play in its own mode only"
    by_mode = {mode: sum(count for (_, of), count in plays.items() if of == mode) for _, mode in plays}
    assert by_mode["automated"] > by_mode["human"] > 200 and by_mode["assisted"] > 20, by_mode
    missing = policy - set(plays)
    assert {play for play, mode in missing if mode == "assisted"} == set()
    lasting = {play for play, _, _, months in counted if months >= MONTHS - 3}
    assert lasting >= {
        "at_risk_alert", "at_risk_review", "expansion_prompt", "adoption_abandoned_alert", "qbr_scheduling",
        "qbr_preparation", "churn_risk_intervention",
    }  # fmt: skip
    assert {play for play, _ in plays} >= {
        "onboarding_welcome", "onboarding_tutorial", "usage_nudge", "adoption_alert", "renewal_reminder",
        "renewal_brief", "declining_outreach", "critical_escalation", "escalation_handover", "churn_risk_severe",
        "executive_sponsor_outreach", "stale_answer_alert",
    }  # fmt: skip


def test_the_share_of_automated_workflows_is_told_of_every_month_beside_the_benchmark(
    at_once: Decided,
) -> None:
    told = at_once.rows(
        "select workflows, automated, benchmark_low, benchmark_high from marts.rpt_automation_share_monthly"
        " where segment = '*'"
    )
    assert len(told) == MONTHS
    assert {row[2:] for row in told} == {(0.4, 0.6)}
    share = sum(automated for _, automated, *_ in told) / sum(workflows for workflows, *_ in told)
    assert 0.4 <= share <= 0.65


def test_nothing_goes_out_that_policy_leaves_to_people(at_once: Decided) -> None:
    assert at_once.rows(
        f"select play_id from {DECISIONS} inner join policy.activities using (activity)"
        " where automation = 'never' and mode <> 'human'"
    ) == []  # fmt: skip
    accounts = pl.read_parquet(at_once.truth / "accounts.parquet")
    machines = accounts.filter(pl.col("usage_type").is_in(["api", "integration"]))["account_id"].to_list()
    missed = at_once.rows(
        f"select decisions.account_id from {DECISIONS} as decisions inner join policy.plays using (play_id)"
        " where suppressed_by is null and trigger_kind = 'usage_quiet' and trigger_key = 'people'"
    )
    assert machines and missed
    assert {account for (account,) in missed}.isdisjoint(machines)


def test_no_machine_writes_beside_a_person(at_once: Decided) -> None:
    """By the alerts that went out and were open, which the guard does not read."""
    beside = (
        f"select decisions.play_id from {DECISIONS} as decisions"
        " inner join policy.plays using (play_id)"
        " inner join marts.fct_alerts as alerts on decisions.account_id = alerts.account_id"
        " and alerts.opened_on <= decisions.decided_for"
        " and (alerts.is_open or alerts.closed_on > decisions.decided_for)"
        " inner join policy.alert_effort as effort"
        " on alerts.play_id = effort.play_id and effort.puts_person_on_account"
        " and decisions.decided_for <= alerts.opened_on + effort.unanswered_days"
        " where decisions.mode = 'automated' and plays.recipient_role = 'account'"
        " and plays.trigger_kind <> 'onboarding_step'"
    )
    assert at_once.rows(f"{beside} and decisions.suppressed_by is null") == []
    waited = at_once.rows(
        f"select play_id, suppressed_reason from {DECISIONS} where suppressed_by = 'person_on_account'"
    )
    assert waited and all("A person is on this account" in words for _, words in waited)
