"""Messages claim no more than the facts say: no fall, no news, no visit and no tip that is none."""

import csv
import json
from typing import Any

import duckdb
import pytest

from sensors.decisions import open_decisions
from sensors.rendering import Renderer
from tests.sensors.conftest import FACTS, Publish, decision
from tests.sensors.test_messages import CUSTOMER_PLAYS, POLICY, row

RENDERER = Renderer()
BRIEF = {"trend_days": 28, "recent_days": 90, "events_now": 900, "events_before": 900, "seats": 40}


def said(play: str, **facts: Any) -> str:
    content = RENDERER.render(row(play, "email", FACTS | facts)).content
    return " ".join(f"{content['subject']}. {content['text']}".split())


def test_an_account_that_never_had_another_tier_is_not_said_to_have_fallen() -> None:
    message = said(
        "critical_escalation", tier="critical", previous_tier=None, episode_started_on="2025-05-30"
    )
    assert "Northwind Traders has been critical since 30 May 2025. Its health" in message
    assert "fell" not in message.partition("Its health")[0]
    today = said("critical_escalation", tier="critical", previous_tier=None, episode_started_on="2026-11-22")
    assert "Northwind Traders is critical. Its health" in today


def test_a_crossing_is_news_for_some_days_and_then_has_a_date() -> None:
    crossed = {"tier": "at_risk", "previous_tier": "healthy"}
    fresh = said("at_risk_alert", **crossed, episode_started_on="2026-11-19")
    assert "Northwind Traders is now at risk (52.3 of 100)" in fresh
    assert "slipped from healthy to at risk." in fresh
    old = said("at_risk_alert", **crossed, episode_started_on="2026-09-15")
    assert "Northwind Traders has been at risk since 15 September 2026 (52.3 of 100)" in old
    assert "since 15 September 2026, when it slipped from healthy." in old and "now at risk" not in old
    review = said("at_risk_review", **crossed, episode_started_on="2026-09-15")
    assert "it has been at risk since 15 September 2026" in review


def test_a_score_that_rises_is_not_said_to_have_dropped() -> None:
    low = {"tier": "critical", "score": 17.6}
    assert "dropped to 17.6" in said("immediate_routing", **low, score_change_7d=-8.9)
    rising = said("immediate_routing", **low, score_change_7d=8.9, episode_started_on="2026-10-01")
    assert "stands at 17.6" in rising and "since 1 October 2026" in rising and "dropped" not in rising


def test_since_when_it_has_been_so_comes_from_the_decision(publish: Publish) -> None:
    snapshot = publish([decision("a", facts='{"score": 52.36}'), decision("b", facts='["no facts"]')])
    with open_decisions(snapshot) as reader:
        assert [each.facts for each in reader.decisions(["a"])] == ['{"score": 52.36}']
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("alter table actions.fct_action_decisions add column episode_started_on date")
        connection.execute("update actions.fct_action_decisions set episode_started_on = date '2026-09-15'")
    with open_decisions(snapshot) as reader:
        facts = {each.action_id: each.facts or "" for each in reader.decisions(["a", "b"])}
    assert json.loads(facts["a"]) == {"score": 52.36, "episode_started_on": "2026-09-15"}
    assert facts["b"] == '["no facts"]'


def test_without_a_use_there_is_no_last_activity() -> None:
    never = said("at_risk_alert", days_since_activity=None, active_channels="", recency_score=0.0)
    assert "Last activity: none seen" in never
    unknown = said("at_risk_alert", days_since_activity=None, active_channels=None, recency_score=None)
    assert "Last activity" not in unknown


def test_an_account_that_works_through_machines_is_not_called_empty() -> None:
    def people(**facts: Any) -> str:
        return said("renewal_brief", **BRIEF, **facts).partition("People: ")[2]

    assert people(active_users=0, active_channels="api, integration").startswith(
        "it works through the API and integrations; 40 seats"
    )
    assert people(active_users=0, active_channels="ui").startswith("0 people active on 40 seats")
    assert people(active_users=3, active_channels="api, ui").startswith("3 people active on 40 seats")


@pytest.mark.parametrize("active", [47, 53])
def test_nobody_waits_for_a_seat_while_there_are_some(active: int) -> None:
    message = said("expansion_prompt", headroom="seats", seats=53, active_users=active)
    assert ("That leaves 6 seats" in message) == (active == 47)
    assert ("all your seats are in use" in message) and ("nearly all your seats" in message) == (active == 47)


def test_only_service_says_that_it_is_no_advertising() -> None:
    with POLICY.open() as file:
        kinds = {line["template_id"]: line["message_kind"] for line in csv.DictReader(file)}
    for play in set(CUSTOMER_PLAYS):
        text = RENDERER.render(row(play, "email", FACTS, message_kind=kinds[play])).content["text"]
        assert ("not advertising" in " ".join(text.split())) == (kinds[play] == "service"), play


def test_use_against_spend_is_no_question_of_who_is_right() -> None:
    with POLICY.open() as file:
        (template,) = {
            line["template_id"]
            for line in csv.DictReader(file)
            if line["play_id"] == "spend_divergence_review"
        }
    message = said(template, divergence="Use falls while the account pays more than before")
    assert "pays more and uses less" in message and "which of the two is right" not in message
    assert "which of the two is right" in said("divergence_review")


def test_a_list_is_a_list_in_every_dress_and_its_dates_are_spoken() -> None:
    lines = [
        "Overdue since 2026-11-20 08:00 UTC: Acme 2026-13-45, at risk review",
        "Renews on 2027-01-05: Bolt",
    ]
    facts = FACTS | {"message_day": "2026-11-23", "list_lines": lines, "list_left_out": 2}
    entries = (
        "• Overdue since Fri 20 November 2026, 08:00 UTC: Acme 2026-13-45, at risk review\n"
        "• Renews on 5 January 2027: Bolt\n\nAnd 2 more, less urgent."
    )
    for channel in ("slack", "email", "hubspot", "gainsight", "webhook"):
        content = Renderer().render(row("csm_daily_list", channel, facts=facts)).content
        if channel == "slack":
            (section,) = content["blocks"][1]["elements"]
            shown = "".join(part.get("text", "") for part in section["elements"])
        else:
            shown = str((content.get("message") or content).get("body") or content.get("text"))
        # a line of mail is folded
        assert entries in shown.replace("\nreview", " review"), channel


@pytest.mark.parametrize("play", ["leader_weekly_digest", "sla_lead"])
def test_leaders_are_not_sent_to_a_table(play: str) -> None:
    message = said(play)
    assert "`" not in message and "fct_" not in message


RISK = {
    "risk": 0.487,
    "risk_band": "severe",
    "risk_method": "model",
    "risk_signals": "size of the contract (lower than usual)",
    "risk_evidence": "The account pays less than before: 51 USD a month now, 74 90 days ago (31 % less)",
    "risk_horizon_days": 90,
}
RISK_PLAYS = ("churn_risk_severe", "churn_risk_intervention", "executive_sponsor_outreach")


@pytest.mark.parametrize("play", RISK_PLAYS)
def test_a_risk_is_an_estimate_with_a_horizon_and_what_was_seen_comes_first(play: str) -> None:
    message = said(play, **RISK)
    assert "is about to leave" not in message and "next months" not in message
    assert "The estimated risk that Northwind Traders leaves within 90 days is 49% (severe)" in message
    seen = message.index("What was seen: The account pays less than before: 51 USD a month now")
    assert seen < message.index("compared with other customers: size of the contract (lower than usual).")


@pytest.mark.parametrize("play", RISK_PLAYS)
def test_points_of_flags_are_no_probability_and_are_seen_once(play: str) -> None:
    flags = {"risk_method": "flags", "risk_signals": RISK["risk_evidence"], "risk_horizon_days": None}
    message = said(play, **RISK | flags)
    assert "49%" not in message and "90 days is" not in message and "risk: severe" in message
    assert message.count("pays less than before") == 1
    assert message.count("What was seen: The account pays") == 1


def test_a_manager_reads_in_the_subject_how_likely_it_is() -> None:
    def subject(**facts: Any) -> str:
        content = RENDERER.render(row("churn_risk_severe", "email", FACTS | RISK | facts)).content
        return str(content["subject"])

    assert subject().startswith("Northwind Traders may well leave (49% within 90 days): please see to it by")
    assert subject(risk_method="flags").startswith("Northwind Traders may well leave: please see to it by")


def test_who_comes_from_a_trial_is_not_written_to_as_if_new() -> None:
    tried = {"began_on": "2026-11-20", "first_used_on": "2026-11-01", "people_active": 4}
    new = {"began_on": "2026-11-20", "first_used_on": "2026-11-20", "people_active": 4}
    for play in ("onboarding_welcome", "onboarding_check_in", "onboarding_first_login"):
        assert "the trial" in said(play, **tried), play
        assert "trial" not in said(play, **new), play
        assert "trial" not in said(play, **(new | {"first_used_on": None})), play
    welcome, check_in = said("onboarding_welcome", **tried), said("onboarding_check_in", **tried)
    assert "where to begin" not in welcome and "first steps" not in welcome and "empty account" not in welcome
    assert "working with us for a month" not in check_in and "4 people of you" in check_in


def test_who_renews_an_account_is_told_how_the_renewal_is_called_and_by_whom() -> None:
    doubted = {"system_call": "at_risk", "renewal_probability": 0.73}
    own = {"csm_call": "likely", "csm_call_from": "stage negotiation in salesforce"}
    for play in ("renewal_brief", "renewal_negotiation"):
        message = said(play, **BRIEF, **doubted, **own)
        assert "We call it at risk: 73% that it renews." in message
        assert "Your own call is another: likely (stage negotiation in salesforce)." in message
        alike = said(play, **BRIEF, **doubted, **(own | {"csm_call": "at_risk"}))
        assert "Your own call is the same (stage negotiation in salesforce)." in alike
        tool = {"external_call": "unlikely", "external_call_from": "totango health red"}
        flags = said(play, **BRIEF, **(doubted | {"renewal_probability": None}), **tool)
        assert "We call it at risk. By totango health red it is unlikely." in flags
        assert "call it" not in said(play, **BRIEF) and "own call" not in said(play, **BRIEF)
    divergence = "We call the renewal on 2026-12-07 at risk, while its CSM calls it likely"
    asked = said("renewal_call_review", divergence=divergence)
    told = divergence.replace("2026-12-07", "7 December 2026")
    assert told + "." in asked and "change the stage or the forecast" in asked


def test_a_severe_alert_promises_quiet_only_for_as_long_as_policy_keeps_it() -> None:
    def promised(**facts: Any) -> str:
        return (
            said("churn_risk_severe", **RISK, **facts)
            .partition("answered or over, ")[2]
            .partition(", no ")[0]
        )

    assert promised(unanswered_days=10) == "but at most until 10 days past its due time"
    assert promised(unanswered_days=0) == "but at most until its due time"
    assert promised() == "but not long past its due time"


EVIDENCE = {
    "renewal_call_review": "divergence",
    "divergence_review": "divergence",
    "spend_divergence_review": "divergence",
    "churn_risk_severe": "risk_evidence",
    "churn_risk_intervention": "risk_evidence",
    "executive_sponsor_outreach": "risk_evidence",
    "sla_manager": "alert_reason",
    "qbr_preparation": "schedule_why",
}


@pytest.mark.parametrize("play", EVIDENCE)
def test_what_was_seen_is_told_with_dates_as_people_say_them(play: str) -> None:
    message = said(play, **{EVIDENCE[play]: "Bo was last seen on 2026-06-30, and writes 2026-13-45"})
    assert "Bo was last seen on 30 June 2026, and writes 2026-13-45. " in message


@pytest.mark.parametrize("play", ["sla_reminder", "sla_manager", "sla_lead"])
def test_a_ladder_tells_its_times_as_people_say_them(play: str) -> None:
    message = said(play, alert_routed_at="2026-11-20 08:00", alert_due_at="2026-11-21 17:30")
    assert (
        " Fri 20 November 2026, 08:00 UTC" in message and " due on Sat 21 November 2026, 17:30 UTC" in message
    )


@pytest.mark.parametrize("play", EVIDENCE)
def test_evidence_that_is_too_long_loses_whole_signals_and_no_part_of_a_figure(play: str) -> None:
    signal = "Use has fallen: 1.5 events a day over the last 28 days, 4.4 in the 84 days before (53 % less)"
    many = said(play, **{EVIDENCE[play]: "; ".join([signal] * 12)})
    assert many.count("(53 % less)") == many.count("Use has fallen") > 3
    assert "(53 % less). " in many and "…" not in many
    endless = said(play, **{EVIDENCE[play]: "x" * 5000}, reason="Score 40")
    assert "x… " in endless and "…." not in endless


def test_why_now_loses_whole_sentences() -> None:
    reason = "Churn risk 77 % (severe): use per seat (lower than usual). " * 20
    content = RENDERER.render(row("churn_risk_severe", "email", FACTS | RISK, reason=reason)).content["text"]
    told = " ".join(content.split()).partition("Why now: ")[2]
    assert told.count("Churn risk 77 %") > 3 and "…" not in told
    assert told.count("(lower than usual).") == told.count("Churn risk 77 %")


@pytest.mark.parametrize("play", [play for play, fact in EVIDENCE.items() if fact == "divergence"])
def test_a_divergence_is_told_of_its_day_and_since_when_it_has_stood(play: str) -> None:
    seen = {"divergence": "Our score is 68.6, theirs is high"}
    fresh = said(play, **seen, episode_started_on="2026-11-20")
    assert "theirs is high. Its health score" in fresh
    old = said(play, **seen, episode_started_on="2026-11-02")
    assert "since 2 November 2026. Its health score" in old and "first looked" not in old
