"""What the messages say: every play of the policy, every channel, with all facts and with hardly any."""

import csv
import json
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.channels.channel import MessageKind
from sensors.records import Delivery
from sensors.rendering import TEMPLATES, Renderer, UnrenderableError
from sensors.wording import clean, money, points, score
from tests.sensors.conftest import FACTS, START, decision

PLAYS = sorted(
    path.stem for path in (TEMPLATES / "plays").glob("*.j2") if path.stem not in {"words", "customer_words"}
)
POLICY = Path(__file__).parents[2] / "dbt_project" / "seeds" / "policy" / "plays.csv"
MINUS = "\N{MINUS SIGN}"


def row(play: str, channel: str, facts: dict[str, Any], **changes: Any) -> Delivery:
    given = decision("0123456789abcdef", play) | {"facts": json.dumps(facts), "channel": channel}
    given["decided_for"] = START.date()
    given["sla_due_at"] = START
    given["policy_valid_from"] = START.date()
    values: dict[str, Any] = {field.name: None for field in fields(Delivery)}
    return Delivery(**values | given | {"state": "sending", "attempts": 1, "created_at": START} | changes)


def words(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def test_every_play_of_the_policy_has_a_template() -> None:
    with POLICY.open() as file:
        wanted = {line["template_id"] for line in csv.DictReader(file)}
    assert wanted <= set(PLAYS)


@pytest.mark.parametrize("channel", [kind.value for kind in MessageKind])
@pytest.mark.parametrize("play", PLAYS)
def test_every_play_can_go_through_every_channel_with_all_facts_or_none(play: str, channel: str) -> None:
    is_for_customers = 'audience = "customer"' in (TEMPLATES / f"plays/{play}.j2").read_text()
    if channel == MessageKind.INTERCOM and not is_for_customers:
        # What is for the team must not get to a customer, whatever the policy says.
        with pytest.raises(UnrenderableError, match="speaks to the team"):
            Renderer().render(row(play, channel, FACTS))
        return
    everything = Renderer().render(row(play, channel, FACTS)).content
    nothing = (
        Renderer()
        .render(row(play, channel, {}, recipient_name=None, reason=None, sla_due_at=None, decided_for=None))
        .content
    )
    for content in (everything, nothing):
        said = words(content)
        for blunder in ("None", "Undefined", "{{", "not known of", "..", " ."):
            assert blunder not in said.partition("<!doctype")[0], blunder
    assert "acc-1" in words(nothing) or play == "expansion_prompt"


def test_a_message_to_our_people_says_what_happened_why_what_to_do_by_when_and_for_whom() -> None:
    said = Renderer().render(row("declining_outreach", "email", FACTS)).content["text"].replace("\n", " ")
    for part in (
        "Hello Ana",
        "Northwind Traders is now declining; it was at risk before",
        "52.3 of 100",
        f"{MINUS}12.4 points",
        "feature adoption",
        "$48,000",
        "15 January 2027, in 54 days",
        "by Sun 22 November 2026, 09:00 UTC",
        "As of 22 November 2026",
        "through the API and the app",
        "3 of 9",
        "4 tickets, 1 escalated",
        "The health score fell below 60",
    ):
        assert part in said, part


@pytest.mark.parametrize("play", ["escalation_handover", "declining_outreach", "churn_risk_severe"])
def test_nobody_is_asked_to_answer_by_a_time_that_was_over_when_it_went_out(play: str) -> None:
    def said(seconds: int | None, channel: str = "email") -> str:
        goes_out = None if seconds is None else START + timedelta(seconds=seconds)
        content = Renderer().render(row(play, channel, FACTS, claimed_at=goes_out)).content
        return " ".join(json.dumps(content).split())

    by, soon = "by Sun 22 November 2026, 09:00 UTC", "as soon as you can"
    for early in (None, -1):
        assert by in said(early) and soon not in said(early)
    for late in (0, 7200):
        assert by not in said(late) and soon in said(late)
    # a task stays due when it was
    assert START.isoformat() in said(7200, "hubspot")


@pytest.mark.parametrize("asks", [None, [], ["overdue"], ["over_budget"], ["over_budget", "overdue"]])
def test_a_digest_asks_only_for_what_it_lists(asks: list[str] | None) -> None:
    facts = FACTS | {"list_lines": ["Tier crossings: 1 down, 0 up"], "list_asks": asks}
    text = " ".join(Renderer().render(row("leader_weekly_digest", "email", facts)).content["text"].split())
    assert ("what is overdue first" in text) == ("overdue" in (asks or []))
    assert ("more alerts than hours" in text) == ("over_budget" in (asks or []))
    assert ("what moved" in text) == (not asks)


def test_a_csm_reads_what_the_customer_was_sent_before() -> None:
    def said(**facts: Any) -> str:
        content = Renderer().render(row("onboarding_supplement", "email", FACTS | facts)).content
        return str(content["text"]).replace("\n", " ")

    sent = said(sent_before="onboarding welcome (2026-11-20)")
    assert "Sent to their people since they began: onboarding welcome (2026-11-20)." in sent
    assert "Nothing was sent to their people before today." in said()


@pytest.mark.parametrize(
    ("configured_with", "told"),
    [
        (
            "data region emea, single sign on",
            "Their product is set up with data region emea, single sign on.",
        ),
        ("", "In their product nothing is switched on yet."),
        (None, "How their product is set up is not on record."),
    ],
)
def test_a_csm_reads_which_path_a_customer_is_on_and_why(configured_with: str | None, told: str) -> None:
    def said(**facts: Any) -> str:
        given = FACTS | facts | {"configured_with": configured_with}
        content = Renderer().render(row("onboarding_supplement", "email", given)).content
        return str(content["text"]).replace("\n", " ")

    because = said(path="large_team", path_because="900 employees")
    assert f'Their path is "large team", for: 900 employees. {told}' in because
    assert f'Their path is "small team", the one for everybody. {told}' in said(path="small_team")


def test_a_customer_never_reads_a_score_or_a_tier_in_the_prompt() -> None:
    message = Renderer().render(row("expansion_prompt", "webhook", FACTS)).content["message"]
    assert not {"score", "52", "declining", "risk", "health"} & set(words(message).lower().split())


def test_a_message_to_an_account_as_a_whole_greets_nobody_by_a_word_of_its_name() -> None:
    for recipient_name, greeting in (("Northwind Traders", "Hello,"), ("Ana Ruiz", "Hello Ana,")):
        content = (
            Renderer().render(row("expansion_prompt", "email", FACTS, recipient_name=recipient_name)).content
        )
        assert content["text"].startswith(greeting)


CUSTOMER_PLAYS = sorted(
    {line["template_id"] for line in csv.DictReader(POLICY.open()) if line["recipient_role"] == "account"}
)


@pytest.mark.parametrize("play", CUSTOMER_PLAYS)
def test_a_mail_to_a_customer_shows_nothing_of_what_we_think_of_it(play: str) -> None:
    facts = FACTS | {"score": 12.3, "arr": 98765, "tier": "critical", "guide_url": "https://x.example/a"}
    content = Renderer().render(row(play, "email", facts, reason="Secret reason")).content
    for ours in (
        "12.3",
        "98,765",
        "critical",
        "Critical",
        "of 100",
        "at risk",
        "Secret",
        "adoption",
        "action 0123",
    ):
        assert ours not in words(content), ours
    assert "Northwind Traders" in content["text"] and "Hello Ana" in content["text"]


def test_a_button_leads_to_a_web_address_or_is_not_there() -> None:
    def html(address: str | None) -> str:
        facts = FACTS | {"guide_title": '<b>"guide"</b>', "guide_url": address}
        content: dict[str, str] = Renderer().render(row("onboarding_welcome", "email", facts)).content
        return content["html"]

    assert 'href="https://x.example/a?b=1&amp;c=2"' in html("https://x.example/a?b=1&c=2")
    assert "<b>" not in html("https://x.example/a")
    for address in ("javascript:alert(1)", 'https://x.example/"onclick="', "http://x.example", "", None):
        assert "href" not in html(address)


def test_words_of_a_nudge_fit_how_the_customer_works() -> None:
    for usage_type, part in (
        ("api", "through the API"),
        ("integration", "your integration"),
        ("mobile", "mobile app"),
    ):
        facts = FACTS | {"usage_type": usage_type, "last_active_on": "2026-11-02", "usual_gap_days": 1}
        play = "usage_nudge" if usage_type == "mobile" else "integration_nudge"
        said = Renderer().render(row(play, "email", facts)).content["text"].replace("\n", " ")
        assert part in said and "2 November 2026" in said
        assert not {"miss", "login", "logged"} & set(said.lower().split())


def test_a_brief_says_what_there_is_to_know_before_a_talk() -> None:
    brief = {
        "trend_days": 28, "recent_days": 90, "term_days": 365, "events_now": 900, "events_before": 1200,
        "active_users": 14, "seats": 20, "tickets_lately": 3, "escalations_lately": 1, "tickets_open": 2,
        "last_nps": 9.0, "last_nps_on": "2026-09-01", "last_touch_on": "2026-10-30", "last_touch_kind": "qbr",
        "touches_lately": 4, "open_opportunities": 2, "open_amount": 61000, "open_kinds": "expansion, renewal",
        "renews_on": "2027-01-15",
    }  # fmt: skip
    said = Renderer().render(row("renewal_brief", "email", FACTS | brief)).content["text"].replace("\n", " ")
    for part in (
        "Use, last 28 days: 900 actions, down 25%",
        "People: 14 people active on 20 seats",
        "Support, last 90 days: 3 tickets, 1 escalated, 2 open",
        "NPS: 9 of 10, on 1 September 2026",
        "Last talked to: 30 October 2026 (qbr); 4 times in 90 days",
        "Open opportunities: 2 (expansion, renewal), $61,000",
    ):
        assert part in said, part


def test_coming_up_a_tier_is_not_called_slipping() -> None:
    facts = FACTS | {"tier": "at_risk", "previous_tier": "critical"}
    assert "came up from critical to at risk" in words(
        Renderer().render(row("at_risk_alert", "slack", facts)).content
    )


def test_templates_can_not_reach_python(tmp_path: Path) -> None:
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "evil.j2").write_text("{% set subject %}{{ facts.__class__.__mro__ }}{% endset %}")
    with pytest.raises(UnrenderableError):
        Renderer(tmp_path).render(row("evil", "email", FACTS))


def test_a_template_that_forgets_a_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "plays").mkdir()
    (tmp_path / "plays" / "short.j2").write_text("{% set subject %}x{% endset %}")
    with pytest.raises(UnrenderableError, match="'short' does not set headline, what_happened, ask, why_you"):
        Renderer(tmp_path).render(row("short", "email", FACTS))


@given(name=st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_no_name_breaks_a_message(name: str) -> None:
    facts = FACTS | {"account_name": name, "plan": name, "change_reason": name, "active_channels": name}
    for channel in ("slack", "email", "webhook"):
        content = _RENDERER.render(row("declining_outreach", channel, facts, recipient_name=name)).content
        json.dumps(content, allow_nan=False).encode()
        if channel == "email":
            assert "\n" not in content["subject"] and "\r" not in content["subject"]
            tags = content["html"].count("<")
            assert tags == _TAGS or _is_blank(name)


_RENDERER = Renderer()
_TAGS = _RENDERER.render(row("declining_outreach", "email", FACTS)).content["html"].count("<")


def _is_blank(name: str) -> bool:
    """Without a name or plan there are fewer rows to show."""
    return not clean(name) or not clean(name).replace("_", " ").replace(",", "").strip()


def test_numbers_read_well_and_never_flatter() -> None:
    assert score(79.99) == "79.9" and score(80.0) == "80" and score(None) == "not known"
    assert points(-3.25) == f"{MINUS}3.2 points" and points(0.04) == "no change" and points(5) == "+5 points"
    assert money(48000, "USD") == "$48,000" and money(1234.5, "CHF") == "CHF 1,234"
    assert money(-5, "EUR") == f"{MINUS}€5" and money(7, "not a currency") == "7"


def test_cleaning_leaves_one_visible_line_in_reading_order() -> None:
    assert clean("a\r\nb\tc\u2028d\x00e") == "a b c d e"
    assert clean("safe\u202etxt.exe") == "safetxt.exe"
    assert len(clean("x" * 5000)) == 300
