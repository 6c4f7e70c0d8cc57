"""Nothing that a customer wrote can do anything in a message but be read."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.channels.composing import compose
from sensors.channels.unsubscribing import Unsubscribing
from sensors.rendering import Renderer
from tests.sensors.conftest import FACTS
from tests.sensors.test_messages import CUSTOMER_PLAYS, PLAYS, row

RENDERER = Renderer()
WRITTEN_BY_CUSTOMERS = (
    "account_name", "plan", "csm_name", "feature_title", "question", "attempted_answer", "asked_by",
    "escalation_reason", "stale_path", "risk_signals", "risk_evidence", "divergence", "change_reason", "channels_before",
)  # fmt: skip
POISON = st.sampled_from([
    "<!channel>", "<@U0ANARUIZ>", "<https://evil.com|here>", "*bold*", "@here", "`code`",
    "<script>alert(1)</script>", "\"><img src=x onerror=y>", "' onclick='z", "&lt;b&gt;", "</td></table>",
    "\r\nBcc: everyone@evil.com", "\n\n.\r\n", "\u2028Cc: x@evil.com", "\x00",
    "{{ 7 * 7 }}", "{% for x in range(9) %}x{% endfor %}", "{{ facts.__class__ }}", "{# gone #}",
    "https://evil.com/pay", "evil.com", "www.evil.com", "bo@evil.com", "http://1.2.3.4/x", "<!-- unsubscribe -->", "</body>",
])  # fmt: skip
NAMES = st.lists(st.one_of(POISON, st.text(max_size=10)), min_size=1, max_size=4).map(" ".join)
TAG = re.compile(r"<[^>]*>")


def poisoned(name: str) -> dict[str, Any]:
    return FACTS | dict.fromkeys(WRITTEN_BY_CUSTOMERS, name)


def tags(html: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([a-z!]+[a-z0-9-]*)", html, re.IGNORECASE))


@pytest.mark.parametrize("play", PLAYS)
@given(name=NAMES)
@settings(max_examples=15, deadline=None)
def test_slack_gets_no_markup_and_no_mention(play: str, name: str) -> None:
    content = RENDERER.render(row(play, "slack", poisoned(name), recipient_name=name, reason=name)).content
    assert not set("<>*`~") & set(content["text"]), content["text"]
    kinds = set(re.findall(r'"type": "(\w+)"', json.dumps(content["blocks"])))
    # text that Slack parses is "mrkdwn"; links, users and broadcasts are elements of their own
    assert kinds <= {
        "header",
        "plain_text",
        "rich_text",
        "rich_text_section",
        "rich_text_list",
        "text",
        "context",
        "user",
    }
    users = [
        part
        for block in content["blocks"]
        for element in block.get("elements", ())
        for part in element.get("elements", ())
        if part.get("type") == "user"
    ]
    assert [user["user_id"] for user in users] in ([], ["U0ANARUIZ"])


@pytest.mark.parametrize("play", PLAYS)
@given(name=NAMES)
@settings(max_examples=15, deadline=None)
def test_mail_gets_no_html_no_header_and_no_template_code(play: str, name: str) -> None:
    to = {"recipient": "ana@northwind-cs.io", "recipient_name": name}
    message = RENDERER.render(row(play, "email", poisoned(name), reason=name, **to))
    mail = compose(message, sender="cs@our-company.io", unsubscribing=WAY_OUT)
    plain = tags(RENDERER.render(row(play, "email", FACTS)).content["html"])
    html = mail.get_body(("html",))
    assert html is not None
    assert tags(html.get_content()) <= plain | {"p", "a", "br"}
    for tag in TAG.findall(html.get_content()):
        assert "onerror" not in tag and "onclick" not in tag and "evil" not in tag, tag
    raw = mail.as_bytes()
    headers = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.partition(b":")[0].lower() for line in headers if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names)) and not {b"bcc", b"cc"} & set(names)


@pytest.mark.parametrize("play", CUSTOMER_PLAYS)
@given(name=NAMES)
@settings(max_examples=15, deadline=None)
def test_what_a_customer_is_called_is_no_link_in_mail_to_it(play: str, name: str) -> None:
    facts = poisoned(name) | {"guide_url": None, "tutorial_url": None, "link_url": None}
    content = RENDERER.render(row(play, "email", facts, recipient_name=name)).content
    for said in (content["subject"], content["text"], TAG.sub(" ", content["html"])):
        assert not re.search(r"evil\.com|@evil|://", said), said


def test_template_code_in_a_name_is_shown_as_it_is() -> None:
    said = RENDERER.render(
        row("at_risk_alert", "slack", FACTS | {"account_name": "A {{ 7+7 }} {% if %}"})
    ).content
    assert "A {{ 7+7 }} {% if %} is now at risk" in said["text"]


def test_a_webhook_gets_what_a_customer_wrote_as_data() -> None:
    name = '", "mode": "human", "x": "'
    said = RENDERER.render(row("expansion_prompt", "webhook", FACTS | {"account_name": name})).content
    assert said["context"]["account_name"] == name and "x" not in said


WAY_OUT = Unsubscribing("https://our-company.io/unsubscribe?t={token}", "a secret of 24 letters ..")
