"""What is true can be read off the truth, and is seen only with noise."""

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from simulator.draws import Draws, entity_keys
from tests.simulator.conftest import Simulated

LIVE = "date '2026-05-01'"


@given(st.integers(0, 2**32), st.integers(1, 300), st.data())
def test_a_draw_does_not_depend_on_what_is_drawn_beside_it(
    seed: int, count: int, data: st.DataObject
) -> None:
    draws, keys = Draws(seed), entity_keys(count)
    cut = data.draw(st.integers(0, count))
    mean = np.linspace(0.1, 50, count)
    for whole, parts in (
        (draws.normal("x", 3, keys), [draws.normal("x", 3, part) for part in (keys[:cut], keys[cut:])]),
        (
            draws.poisson("x", 3, keys, mean),
            [draws.poisson("x", 3, keys[s], mean[s]) for s in (slice(cut), slice(cut, None))],
        ),
    ):
        assert np.array_equal(whole, np.concatenate(parts))


def test_draws_have_the_moments_they_should() -> None:
    draws, keys = Draws(1), entity_keys(200_000)
    assert abs(draws.normal("n", 0, keys).mean()) < 0.01
    assert abs(draws.normal("n", 0, keys).std() - 1) < 0.01
    for mean in (0.3, 4.0, 80.0):
        counts = draws.poisson("p", 0, keys, np.full(len(keys), mean))
        assert abs(counts.mean() - mean) < 0.02 * max(mean, 1)
        assert abs(counts.var() - mean) < 0.03 * max(mean, 1)


def test_accounts_that_leave_were_less_healthy(company: Simulated) -> None:
    gap = company.value("""
        select avg(health) filter (decided_on is null)
            - avg(health) filter (date between decided_on - 60 and decided_on)
        from truth_days join truth_accounts using (account_id) where is_active
    """)
    assert gap > 0.08
    by_third = company.pairs("""
        select third, avg(hit::int) from (
            select ntile(3) over (order by health) as third, date = decided_on as hit
            from truth_days join truth_accounts using (account_id)
            where is_active and (decided_on is null or date <= decided_on)
        ) group by third order by third
    """)
    assert by_third[1] > 2 * by_third[3]


def test_latent_health_is_seen_only_with_noise(company: Simulated) -> None:
    """Usage and answers follow health, but do not give it away."""
    for query in (
        """
        select avg(health) as health, count(*) / max(seats) as seen from events
        join truth_days on truth_days.account_id = resolved_account_id and date = occurred_at::date
        join subscriptions on subscriptions.account_id = resolved_account_id
        where event = 'session_started' and channel = 'ui' group by resolved_account_id
        """,
        """
        select health, score as seen from survey_responses join users using (email)
        join truth_days on truth_days.account_id = users.account_id and date = submitted_at::date
        where kind = 'nps'
        """,
    ):
        link = company.value(f"select corr(health, seen) from ({query})")
        assert 0.15 < link < 0.9


def test_before_automation_is_live_the_company_is_its_own_counterfactual(company: Simulated) -> None:
    differing = "select count(*) from truth_days where health <> counterfactual_health and date"
    assert company.value(f"{differing} < {LIVE}") == 0
    assert company.value(f"{differing} >= {LIVE}") > 1000


def test_the_expected_churn_that_automation_prevents_can_be_read_off_the_truth(company: Simulated) -> None:
    prevented = company.value(f"""
        select 1 - sum(churn_hazard) / sum(counterfactual_churn_hazard) from truth_days
        where date >= {LIVE} + 30 and is_active and counterfactual_is_active
            and not has_decided_to_leave and counterfactual_churn_hazard > 0
    """)
    assert 0.01 < prevented < 0.5


def test_actions_reach_all_but_the_held_out(company: Simulated) -> None:
    held = company.value("select avg(is_held_out::int) from truth_accounts")
    assert 0.05 < held < 0.15
    assert (
        company.value("""
        select count(*) from truth_action_effects join truth_accounts using (account_id) where is_held_out
    """)
        == 0
    )


def test_stale_answers_are_wrong_more_often_and_bring_people_back(company: Simulated) -> None:
    wrong = dict(
        company.sql.sql(
            "select is_stale, 1 - avg(is_correct::int) from truth_ai_answers group by 1"
        ).fetchall()
    )
    assert wrong[True] > 0.35
    assert wrong[False] < 0.08
    returned = company.value("""
        select avg((exists (
            select 1 from tickets
            where tickets.requester_email = asked.email and tickets.ticket_id <> asked.ticket_id
                and tickets.created_at between asked.started_at and asked.started_at + interval 7 day
        ))::int)
        from ai_conversations as asked join truth_ai_answers using (conversation_id)
        where brings_recontact and asked.email is not null and started_at < date '2026-10-20'
    """)
    assert returned > 0.85
    # a stale answer can be told from the drop folder: its code changed between snapshot and answer
    assert (
        company.value("""
        select count(*) from truth_ai_answers join ai_conversations using (conversation_id)
        where is_stale <> exists (
            select 1 from code_changes where contains(sources, path)
                and committed_at > source_snapshot_at and committed_at < started_at
        )
    """)
        == 0
    )
