"""Eighteen months of the simulated company, decided day by day, against what is true of it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from companies import END, simulate, write
from running import ROOT, build

from warehouse.home import Home

LIVE_ON = "2026-02-01"
# Below this many decisions a share says nothing.
ENOUGH = 200


@dataclass(frozen=True)
class Decided:
    """A home whose decisions reach back to go-live, and the folder of what is true."""

    home: Home
    truth: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Decided:
    folder = tmp_path_factory.mktemp("decided")
    truth = folder / "truth"
    company = simulate(folder / "simulated", accounts=50, months=18, intensity=0.3, truth=truth)
    home = Home(folder / "home")
    build(home, write(company, folder / "drop"), END, project=_live_since(LIVE_ON, folder))
    return Decided(home, truth)


def _live_since(day: str, folder: Path) -> Path:
    """The project with automation live since `day`, deciding every day since, however long ago it was."""
    ignored = shutil.ignore_patterns("target", "logs")
    project = shutil.copytree(ROOT / "dbt_project", folder / "project", ignore=ignored)
    rollout = project / "seeds/policy/rollout.csv"
    header, row, *rest = rollout.read_text().splitlines()
    given = dict(zip(header.split(","), row.split(","), strict=True))
    given |= {"live_on": day, "decision_shelf_life_days": "1000"}
    rollout.write_text("\n".join([header, ",".join(given.values()), *rest]) + "\n")
    return project


def test_plays_of_every_layer_are_decided_each_in_its_mode(decided: Decided) -> None:
    counted = decided.rows(
        "select activity, mode, count(*) from actions.fct_action_decisions where suppressed_by is null group by all"
    )
    activities = {str(activity) for activity, _, _ in counted}
    assert activities >= {
        "onboarding_sequence", "usage_nudge", "health_monitoring", "adoption_alert", "qbr_scheduling",
        "renewal_reminder", "renewal_negotiation", "escalation_management", "churn_risk_intervention",
    }  # fmt: skip
    assert {str(mode) for _, mode, _ in counted} == {"automated", "assisted", "human"}
    assert sum(int(str(count)) for *_, count in counted) > ENOUGH


def test_nothing_of_an_activity_that_is_never_automated_is(decided: Decided) -> None:
    assert decided.rows(
        "select play_id from actions.fct_action_decisions"
        " inner join policy.activities using (activity) where automation = 'never' and mode = 'automated'"
    ) == []  # fmt: skip


def test_no_account_that_works_through_machines_hears_that_it_was_not_seen(decided: Decided) -> None:
    """By what is true of it, and by its use of the days before."""
    accounts = pl.read_parquet(decided.truth / "accounts.parquet")
    machines = accounts.filter(pl.col("usage_type").is_in(["api", "integration"]))["account_id"].to_list()
    assert len(machines) > 5
    told = decided.rows(
        "select decisions.account_id, decisions.decided_for from actions.fct_action_decisions as decisions"
        " inner join policy.plays using (play_id)"
        " where decisions.suppressed_by is null and plays.trigger_kind = 'usage_quiet'"
        " and plays.trigger_key = 'people'"
    )
    assert told, "somebody fell quiet in all these months"
    assert {account for account, _ in told}.isdisjoint(machines)
    assert decided.rows(
        "select decisions.account_id from actions.fct_action_decisions as decisions"
        " inner join policy.plays using (play_id)"
        " inner join marts.fct_usage_daily as usage on decisions.account_id = usage.account_id"
        " and usage.date between decisions.decided_for - 2 and decisions.decided_for"
        " where plays.trigger_kind = 'usage_quiet' and decisions.suppressed_by is null"
    ) == []  # fmt: skip


def test_every_decision_says_why_and_every_suppression_by_which_rule(decided: Decided) -> None:
    assert decided.rows(
        "select play_id from actions.fct_action_decisions"
        " where coalesce(reason, '') = '' or (suppressed_by is null) <> (suppressed_reason is null)"
    ) == []  # fmt: skip
    rules = {str(rule) for (rule,) in decided.rows(
        "select distinct suppressed_by from actions.fct_action_decisions where suppressed_by is not null"
    )}  # fmt: skip
    assert rules >= {"cool_down", "holdout"}
