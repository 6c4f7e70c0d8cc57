"""The public export nobody here wrote, from its files to the outbox."""

import json
import re
from collections import Counter
from dataclasses import fields
from datetime import date
from pathlib import Path

import duckdb
from running import ROOT, STATE, Run

from assets.risk.examples import TrainingPolicy
from assets.risk.training import train


def test_every_row_of_the_export_is_accounted_for(ravenstack_run: Run) -> None:
    assert ravenstack_run.code == 0, ravenstack_run.output
    assert ravenstack_run.published("select count(*) from marts.dim_accounts") == [(500,)]
    assert ravenstack_run.published("select sum(events) from marts.fct_usage_daily") == [(24_979,)]
    summary = ravenstack_run.output
    assert [*map(str.split, (line for line in summary.splitlines() if "usage_events  " in line))][-1] == [
        *("usage_events", "25,000", "24,979", "21", "0")
    ]


def test_every_account_day_of_its_life_is_scored(ravenstack_run: Run) -> None:
    """Counted from the accounts alone, apart from the models' own test of the same."""
    assert ravenstack_run.published(
        "select sum(least(coalesce(churned_on, date '2024-12-31'), date '2024-12-31') - started_on + 1)"
        " = (select count(score) from marts.fct_account_health_daily) from marts.dim_accounts"
    ) == [(True,)]
    assert ravenstack_run.published(
        "select min(score) >= 0, max(score) <= 100, count(distinct score) > 1000, count(distinct tier)"
        " from marts.fct_account_health_daily"
    ) == [(True, True, True, 4)]


def test_what_is_to_be_delivered_is_in_the_outbox_once(ravenstack_run: Run) -> None:
    to_deliver = {
        action_id
        for (action_id,) in ravenstack_run.published(
            "select action_id from actions.fct_action_decisions where suppressed_by is null"
        )
    }
    assert _outbox(ravenstack_run) == sorted(to_deliver)
    assert to_deliver


def test_immediate_ones_went_first(ravenstack_run: Run) -> None:
    immediate = {
        action_id
        for (action_id,) in ravenstack_run.published(
            "select action_id from actions.fct_action_decisions where is_immediate and suppressed_by is null"
        )
    }
    for path in ravenstack_run.home.outbox.glob("*.jsonl"):
        was_immediate = [json.loads(line)["action_id"] in immediate for line in path.open()]
        assert was_immediate == sorted(was_immediate, reverse=True)


def test_the_last_day_of_the_data_is_the_day_scored_through(ravenstack_run: Run) -> None:
    assert ravenstack_run.published("select as_of from meta.snapshot") == [(date(2024, 12, 31),)]
    assert "2024-12-31" in ravenstack_run.last_line
    assert set(STATE[:6]) <= {
        f"{schema}.{table}"
        for schema, table in ravenstack_run.published(
            "select table_schema, table_name from information_schema.tables"
        )
    }


def test_churn_that_nothing_foretells_is_said_to_have_no_model(ravenstack_run: Run, ravenstack: Path) -> None:
    """Nothing in the export goes before its churn, so no model may claim to know, and the flags speak.

    By status too few have left to train at all; by its list of churn events many have, and nothing is learned.
    """
    assert ravenstack_run.published("select distinct is_used from marts.rpt_churn_models") == [(False,)]
    assert ravenstack_run.published("select distinct method from marts.fct_churn_risk_daily") == [("flags",)]
    # the export has no invoices, so nothing is said of payment
    assert ravenstack_run.published(
        "select count(*) filter (where family = 'payment'), count(*) > 1000 from marts.fct_churn_risk_flags"
    ) == [(0, True)]
    cards = sorted(ravenstack_run.home.churn_models.glob("*/card.md"))
    assert "Not in use: " in cards[-1].read_text()
    events = f"read_csv('{ravenstack / 'ravenstack_churn_events.csv'}', all_varchar = true)"
    with duckdb.connect(str(ravenstack_run.home.warehouse), read_only=True) as warehouse:
        rows = warehouse.sql(
            f"""
            with events as (
                select account_id, max(strptime(churn_date, '%d-%m-%Y')::date) as churned_on from {events} group by all
            )
            select features.* exclude (days_to_renewal, policy_fingerprint), events.churned_on
            from intermediate.int_churn_features as features left join events using (account_id)
            where (features.scored_on - date '2000-01-03') % 13 = 0
                and features.scored_on < coalesce(events.churned_on - 7, date '9999-12-31')
            """
        ).pl()
        [version] = warehouse.sql("from policy.risk_model").pl().to_dicts()
    policy = TrainingPolicy(**{each.name: version[each.name] for each in fields(TrainingPolicy)})
    features = [name for name in rows.columns if name not in ("account_id", "scored_on", "churned_on")]
    result = train(rows, features, on=date(2025, 1, 1), policy=policy)
    assert result.churned_accounts > 200
    assert (result.refused_because or "").startswith("no skill on later days")


def test_the_queries_of_the_documentation_run_and_one_explains_any_accounts_day(ravenstack_run: Run) -> None:
    """An account and day with most said of it: as many rows as was decided, held back or waits, each with its reason."""
    snapshot = ravenstack_run.home.pointer.resolve()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{snapshot}' as tierline (read_only)")
        connection.execute("use tierline.marts")
        for page in ("README.md", "docs/explain.md", "docs/churn-risk.md"):
            blocks = re.findall(r"```sql\n(.*?)```", (ROOT / page).read_text(), flags=re.DOTALL)
            assert blocks, page
            for query in (each for block in blocks for each in block.split(";") if each.strip()):
                if not query.strip().startswith("attach"):
                    connection.execute(query)
        [explain] = [
            query
            for block in re.findall(r"```sql\n(.*?)```", (ROOT / "docs/explain.md").read_text(), re.DOTALL)
            for query in block.split(";")
            if "said.guard_words" in query
        ]
        cursor = connection.execute(explain.replace("limit 20", "limit 10_000"))
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        held_back = Counter(row["date"] for row in rows if row["outcome"] == "suppressed")
        [(day, _)] = held_back.most_common(1)
        said = [row for row in rows if row["date"] == day]
        [account_id] = {row["account_id"] for row in rows}
        decisions = connection.execute(
            "select play_id, subject, suppressed_by, reason from tierline.actions.fct_action_decisions"
            " where account_id = ? and decided_for = ?",
            [account_id, day],
        ).fetchall()
    settled = [row for row in said if row["outcome"] in ("decided", "suppressed")]
    assert sorted(
        (row["play_id"], row["subject"], row["guard_id"], row["reason"]) for row in settled
    ) == sorted(decisions)
    assert any(row["outcome"] == "suppressed" for row in said)
    assert all(row["guard_words"] and row["reason"] for row in said if row["outcome"] == "suppressed")


def _outbox(run: Run) -> list[str]:
    return sorted(
        json.loads(line)["action_id"] for path in run.home.outbox.glob("*.jsonl") for line in path.open()
    )
