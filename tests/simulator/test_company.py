"""The company looks like one: seasons, people, usage types, figures where the trade's surveys put them."""

from datetime import date

import numpy as np
import pytest

from simulator.catalogue import SEGMENTS
from simulator.company import Company
from simulator.scenario import Scenario
from tests.simulator.conftest import END, Simulated

MONTH = 30.4  # days


def test_accounts_that_work_through_machines_are_never_seen_in_the_product(company: Simulated) -> None:
    channels = company.pairs("""
        select usage_type, list(distinct channel order by channel) from events
        join truth_accounts on truth_accounts.account_id = resolved_account_id
        group by usage_type
    """)
    assert channels == {
        "api": ["api"],
        "integration": ["integration"],
        "mobile": ["mobile", "ui"],
        "mixed": ["api", "integration", "mobile", "ui"],
        "ui": ["ui"],
    }


def test_people_rest_at_weekends_and_machines_hardly_do(company: Simulated) -> None:
    def weekend(channel: str) -> float:
        return company.value(f"""
            select avg(events) filter (isodow(day) > 5) / avg(events) filter (isodow(day) < 6) from (
                select occurred_at::date as day, count(*) as events from usage_events
                where channel = '{channel}' and event <> 'page_probed' group by 1
            )
        """)

    assert weekend("ui") < 0.35
    assert 0.6 < weekend("api") < 0.95


def test_holidays_and_the_turn_of_the_year_are_quiet(company: Simulated) -> None:
    visits = company.pairs("""
            select occurred_at::date, count(*)
            from events join accounts on accounts.account_id = resolved_account_id
                and timezone in ('America/New_York', 'America/Chicago')
            where event = 'session_started' group by 1
        """)
    thanksgiving, ordinary = visits[date(2025, 11, 27)], visits[date(2025, 11, 20)]
    assert thanksgiving < 0.4 * ordinary
    assert visits[date(2025, 12, 30)] < 0.75 * visits[date(2025, 12, 9)]


def test_people_work_in_their_own_day(company: Simulated) -> None:
    hours = company.pairs("""
            select region, median((hour(occurred_at) + 12) % 24) from events
            join accounts on accounts.account_id = resolved_account_id
            where channel = 'ui' and event <> 'page_probed' and region in ('amer', 'apac') group by 1
        """)
    # noon is evening in UTC for America, early morning for Asia; hours are turned by 12 to stay apart
    assert 4 <= hours["amer"] <= 10
    assert 14 <= hours["apac"] <= 20


def test_a_page_monitor_never_sleeps(company: Simulated) -> None:
    """48 probes a day, on Sundays and holidays too; 46 or 50 when the clocks are moved."""
    assert (
        company.value("""
        select min(probes) from (
            select resolved_account_id, occurred_at::date, count(*) as probes
            from events join accounts on accounts.account_id = resolved_account_id
            where event = 'page_probed' and status = 'active' and signed_up_at < date '2025-10-01'
            group by all
        )
    """)
        >= 46
    )


def test_champions_come_and_go(company: Simulated) -> None:
    assert company.value("select count(*) from truth_shocks where shock = 'champion left'") > 5
    assert company.value("select count(*) from users where is_champion and deactivated_at is null") > 200
    assert (
        company.value(
            "select max(n) from (select count(*) as n from users where is_champion group by account_id)"
        )
        == 1
    )


def test_some_opt_out_of_mail_and_addresses_of_who_left_are_dead(company: Simulated) -> None:
    share = company.value("select avg(is_unsubscribed::int) from users where deactivated_at is null")
    assert 0.01 < share < 0.06
    assert company.value("select count(*) from users where is_bounced and deactivated_at is null") > 20
    closed = "deactivated_at < (select max(deactivated_at) from users) - interval 5 days"
    left = f"from users join accounts using (account_id) where {closed} and status = 'active'"
    assert company.value(f"select count(*) {left}") > 50
    assert company.value(f"select count(*) {left} and not is_bounced") == 0


def test_few_answer_surveys_and_those_who_feel_strongly_more_often(company: Simulated) -> None:
    """Who does not answer is not like who does; a non-response of 60 to 95 % is what business surveys see."""
    surveys_a_year = 4
    answers = company.value("select count(*) from survey_responses where kind = 'nps'")
    people = company.value("select count(*) from users where deactivated_at is null")
    assert 0.05 < answers / (people * surveys_a_year) < 0.4


def test_everybody_gets_a_kind_of_support(company: Simulated) -> None:
    kinds = company.pairs("select handled_by, count(*) from tickets group by 1")
    assert set(kinds) == {"ai", "agent", "csm"}
    live = "date '2026-05-01'"
    assert company.value(f"select count(*) from ai_conversations where started_at < {live}") == 0
    assert company.value("select count(*) from tickets where is_escalated") > 20
    first = company.value("select median(epoch(first_answer_at - started_at)) from ai_conversations")
    assert 1 <= first <= 3.5
    outcomes = company.pairs("select outcome, count(*) from ai_conversations group by 1")
    assert set(outcomes) == {"abandoned", "assumed_resolved", "confirmed_resolved", "escalated"}


def test_who_asked_for_a_human_is_always_handed_over(company: Simulated) -> None:
    assert (
        company.value("""
        select count(*) from ai_conversations join accounts using (account_id)
        where wants_human and outcome <> 'escalated'
    """)
        == 0
    )
    assert company.value("select count(*) from accounts where wants_human") >= 4


def test_ai_support_frees_the_csms(company: Simulated) -> None:
    def ticket_share(where: str) -> float:
        return company.value(
            f"select sum(minutes) filter (kind = 'ticket') / sum(minutes) from csm_activities where {where}"
        )

    assert 0.30 <= ticket_share("started_at < date '2026-05-01'") <= 0.40
    assert ticket_share("started_at > date '2026-05-10'") < 0.10


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    """The default company, as its books would show it."""
    scenario = Scenario(end=END)
    company = Company(scenario, watched=False)
    segment = company.portfolio.segment
    present, gone = np.zeros(len(SEGMENTS)), np.zeros(len(SEGMENTS))
    daily: list[int] = []
    monthly: set[int] = set()
    while company.today < scenario.last_day:
        day = company.today + 1
        present += np.bincount(segment[company.contracts.active], minlength=len(SEGMENTS)) / MONTH
        seen = company.step(day)
        gone += np.bincount(segment[company.contracts.churn_day == day], minlength=len(SEGMENTS))
        if day > scenario.last_day - 28:
            monthly.update(seen.activity.visits.tolist())
            daily.append(len(seen.activity.visits))
    lost = [
        company.contracts.churn_day[each.account] - each.decided
        for each in company.contracts.deals.opportunities
        if each.kind == "renewal"
        and not each.is_won
        and each.decided <= scenario.last_day
        and company.contracts.churn_day[each.account] <= scenario.last_day
    ]
    assert min(lost) == 0
    return {
        **dict(zip(SEGMENTS, (gone / present).tolist(), strict=True)),
        "monthly churn": gone.sum() / present.sum(),
        "accounts per CSM": int(company.contracts.active.sum()) / scenario.csm_count,
        "renewals lost a week ahead": sum(days >= 7 for days in lost) / len(lost),
        "stickiness": (sum(daily) / len(daily)) / len(monthly),
    }


@pytest.mark.parametrize(
    ("figure", "least", "most"),
    [
        ("smb", 0.014, 0.05),
        ("mid_market", 0.007, 0.03),
        ("enterprise", 0.003, 0.02),
        ("monthly churn", 0.010, 0.035),
        ("accounts per CSM", 50, 100),
        ("renewals lost a week ahead", 0.30, 0.70),
        ("stickiness", 0.20, 0.50),
    ],
)
def test_the_default_company_lies_within_published_ranges(
    figures: dict[str, float], figure: str, least: float, most: float
) -> None:
    """Sources are named in docs/simulator.md; a segment's figure is the share that leaves in a month."""
    assert least <= figures[figure] <= most


def test_nps_and_contacts_lie_within_published_ranges(company: Simulated) -> None:
    nps = company.value("""
        select 100 * (avg((score >= 9)::int) - avg((score <= 6)::int)) from survey_responses
        where kind = 'nps'
    """)
    assert 31 <= nps <= 41
    months = company.value("select count(*) from truth_days where is_active") / MONTH
    assert 0.5 <= company.rows["tickets"] / months <= 2
