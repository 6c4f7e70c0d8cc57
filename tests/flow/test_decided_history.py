"""Eighteen months of the simulated company, decided day by day, against what is true of it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from companies import END, as_known_on, simulate, write
from running import OF_ANY_DAY, build, live_since

from warehouse.home import Home

LIVE_ON = "2026-02-01"
# Below this many decisions a share says nothing.
ENOUGH = 200
# Decisions that went out per 100 account months, least and most, of the plays that any such company sees.
PER_100_MONTHS = {
    "adoption_alert": ("automated", 4, 16),
    "adoption_abandoned_alert": ("automated", 3, 14),
    "expansion_prompt": ("automated", 4, 16),
    "at_risk_alert": ("automated", 2, 12),
    "stale_answer_alert": ("automated", 3, 16),
    "qbr_scheduling": ("assisted", 2, 12),
    "qbr_preparation": ("human", 2, 12),
    "at_risk_review": ("human", 2, 12),
    "churn_risk_intervention": ("human", 2, 12),
    "escalation_handover": ("human", 12, 40),
}


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
    build(home, write(company, folder / "drop"), END, project=live_since(LIVE_ON, folder))
    return Decided(home, truth)


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


def test_plays_go_out_as_often_as_such_a_company_gives_cause(decided: Decided) -> None:
    months = decided.rows(
        f"select count(*) / 30.4 from marts.fct_account_health_daily where date >= '{LIVE_ON}'"
    )
    sent = decided.rows(
        "select play_id, mode, count(*) from actions.fct_action_decisions where suppressed_by is null group by all"
    )
    rates = {
        (str(play), str(mode)): 100 * int(str(count)) / float(str(months[0][0])) for play, mode, count in sent
    }
    for play, (mode, least, most) in PER_100_MONTHS.items():
        assert least <= rates.get((play, mode), 0.0) <= most, (play, rates)
    own = {(str(play), str(mode)) for play, mode in decided.rows("select play_id, mode from policy.plays")}
    assert set(rates) <= own, "a play goes out in its own mode only"
    by_mode = {
        wanted: sum(rate for (_, mode), rate in rates.items() if mode == wanted)
        for wanted in ("automated", "assisted", "human")
    }
    # machines take what repeats: about half of it (policy compares with 40 to 60 % of workflows)
    assert 0.35 <= by_mode["automated"] / sum(by_mode.values()) <= 0.7
    assert by_mode["assisted"] < by_mode["human"] < by_mode["automated"] * 1.5


def test_what_is_true_of_the_company_is_what_was_acted_on(decided: Decided) -> None:
    """Newcomers, hand-overs and renewals of the company's own files; who was true to leave or unhappy."""
    simulated = decided.truth.with_name("simulated")
    accounts = pl.read_parquet(simulated / "accounts.parquet")
    decisions = pl.DataFrame(
        decided.rows(
            "select account_id, play_id, decided_for, suppressed_by from actions.fct_action_decisions"
        ),
        schema=["account_id", "play_id", "decided_for", "suppressed_by"],
        orient="row",
    )

    def of(*plays: str) -> pl.DataFrame:
        return decisions.filter(pl.col("play_id").is_in(plays))

    newcomers = accounts.filter(pl.col("signed_up_at") >= pl.lit(LIVE_ON).str.to_datetime())
    welcomed = of("onboarding_welcome", "onboarding_welcome_csm")
    assert newcomers.height > 5
    assert sorted(welcomed["account_id"]) == sorted(newcomers["account_id"]), "each newcomer once"

    handed_over = pl.read_parquet(simulated / "ai_conversations.parquet").filter(
        pl.col("escalated_at") >= pl.lit(LIVE_ON).str.to_datetime()
    )
    answered = of("escalation_handover").height / handed_over.height
    assert 0.6 < answered <= 1.0

    soon = accounts.filter(
        (pl.col("status") == "active") & pl.col("renewal_on").is_between(END, END + timedelta(days=85))
    )
    reminded = of("renewal_reminder", "renewal_usage_summary", "renewal_early_brief", "renewal_brief")
    assert soon.height > 5
    assert set(soon["account_id"]) <= set(reminded["account_id"])

    days = pl.read_parquet(decided.truth / "account_days" / "*.parquet").filter(pl.col("is_active"))
    usual = (
        days.filter(pl.col("date") >= pl.lit(LIVE_ON).str.to_date()).select(pl.col("health").mean()).item()
    )
    worried = of("churn_risk_intervention", "declining_outreach", "at_risk_review")
    health = worried.join(days, left_on=["account_id", "decided_for"], right_on=["account_id", "date"])
    assert health.select(pl.col("health").mean()).item() < usual - 0.05, "who is worried about is worse off"
    left = accounts.filter(pl.col("churned_on") >= pl.lit(LIVE_ON).str.to_date())
    assert left.height
    assert set(left["account_id"]) <= set(worried["account_id"]), (
        "nobody leaves without a person having been told"
    )


def test_who_is_flagged_as_unpaid_is_who_had_not_paid_by_then_and_nobody_has_left_by_it(
    decided: Decided,
) -> None:
    """The oldest unpaid invoice of each account and day, worked out from the company's own books."""
    invoices = pl.read_parquet(decided.truth.with_name("drop") / "invoices.parquet")
    days = pl.DataFrame(
        decided.rows("select account_id, date from marts.fct_account_health_daily"),
        schema=["account_id", "date"],
        orient="row",
    )
    owed = (
        days.join(invoices, on="account_id")
        .filter(pl.col("issued_on") <= pl.col("date"), pl.col("due_on") < pl.col("date"))
        .filter(pl.col("paid_on").is_null() | (pl.col("paid_on") > pl.col("date")))
        .group_by("account_id", "date")
        .agg(((pl.col("date") - pl.col("due_on")).dt.total_days()).max().alias("late"))
    )
    unpaid = {(row["account_id"], row["date"], row["late"]) for row in owed.to_dicts() if row["late"] >= 30}
    assert len(unpaid) > 20
    flagged = decided.rows(
        "select account_id, date, value from marts.fct_churn_risk_flags where signal = 'unpaid'"
    )
    assert set(flagged) == unpaid
    left = "select account_id from marts.dim_accounts where churned_on is not null"
    assert {account for account, *_ in flagged} - {account for (account,) in decided.rows(left)}


@pytest.mark.slow
def test_deciding_day_by_day_decides_what_deciding_all_days_at_once_decides(
    decided: Decided, tmp_path: Path
) -> None:
    """The last days one by one, each with the files as they stood then, and everything before in one build."""
    drop, project = decided.truth.with_name("drop"), decided.truth.with_name("project")
    company = {path.stem: pl.read_parquet(path) for path in drop.glob("*.parquet")}
    daily = Decided(Home(tmp_path / "home"), decided.truth)
    for day in (END - timedelta(days=2), END - timedelta(days=1), END):
        build(daily.home, write(as_known_on(company, day), tmp_path / "drop"), day, project=project)
    # which of the contacts a message reaches is known on the day of the build, so it is left out
    query = (
        "select * exclude (recipient, recipient_name, facts) from actions.fct_action_decisions"
        f" {OF_ANY_DAY['actions.fct_action_decisions']} order by decided_for, action_id"
    )
    at_once, one_by_one = decided.rows(query), daily.rows(query)
    assert len([row for row in one_by_one if row[1] in (END - timedelta(days=1), END)]) > 5
    assert one_by_one == at_once
