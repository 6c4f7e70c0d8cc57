"""The Slack incoming webhook against a real local receiver."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sensors.channels.configuration import ChannelConfig, SlackDestination, build_channels
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import Answer, HttpReceiver, http_receiver
from warehouse.home import Home

PATH = "/services/T00000000/B00000000/xoxsecretxoxsecret"
Run = Callable[..., DeliveryReport]


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, slack: HttpReceiver) -> Run:
    def run(snapshot: Any = None, url: str | None = None) -> DeliveryReport:
        destination = SlackDestination(url or slack.url + PATH, timeout_seconds=1.0)
        channels = build_channels(ChannelConfig(slack=destination), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


def test_an_alert_arrives_as_blocks_with_a_fallback_and_a_mention(
    run: Run, publish: Publish, slack: HttpReceiver
) -> None:
    run(publish([decision("a", "critical_escalation", facts={"tier": "critical", "score": 31})]))
    (request,) = slack.taken
    sent = request.json
    assert sent["text"].startswith("Critical: Northwind Traders")
    assert sent["blocks"][0] == {
        "type": "header",
        "text": {"type": "plain_text", "emoji": False, "text": "Critical: Northwind Traders"},
    }
    assert {"type": "user", "user_id": "U0ANARUIZ"} in sent["blocks"][1]["elements"][0]["elements"]
    whole = json.dumps(sent, ensure_ascii=False)
    assert (
        "$48,000" in whole
        and "Mon 23 November 2026, 09:00 UTC" in whole
        and "\N{MINUS SIGN}12.4 points" in whole
    )


def test_what_a_customer_calls_itself_can_neither_mention_nor_link_nor_embolden(
    run: Run, publish: Publish, slack: HttpReceiver
) -> None:
    name = "<!channel> <@U0BOSS123> <https://evil.example|click> *bold* _it_ ~no~ `code` :boom: &amp;"
    run(
        publish(
            [
                decision(
                    "a", "at_risk_alert", facts={"account_name": name, "plan": name, "change_reason": name}
                )
            ]
        )
    )
    (request,) = slack.taken
    sent = request.json
    assert not set("<>*~`") & set(sent["text"]) and "&amp;amp;" in sent["text"]

    def objects(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from objects(item)

    # Block Kit's only markup is in `mrkdwn` objects; plain_text converts :emoji: unless told not to.
    for found in objects(sent["blocks"]):
        assert found.get("type") not in {"mrkdwn", "link", "broadcast", "usergroup", "emoji"}
        if found.get("type") == "user":
            assert found["user_id"] == "U0ANARUIZ"
        if found.get("type") == "plain_text":
            assert found["emoji"] is False


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(0), Answer(delay=1.5)], ids=["500", "hangs up", "silence"]
)
def test_a_doubt_is_held_for_a_person_because_slack_can_not_be_asked(  # noqa: PLR0917
    run: Run, publish: Publish, slack: HttpReceiver, clock: Clock, ledger: Ledger, answer: Answer
) -> None:
    slack.script = lambda number, request: answer
    run(publish([decision("a", "at_risk_alert")]))
    clock.forward(days=2)
    run()
    row = ledger.get("a")
    assert row.state == "held" and "it may have arrived" in (row.last_error or "")
    assert len(slack.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_no_delivery(
    run: Run, publish: Publish, slack: HttpReceiver, ledger: Ledger, status: int
) -> None:
    slack.script = lambda number, request: Answer(status, {"Location": slack.url + "/stranger"})
    run(publish([decision("a", "at_risk_alert")]))
    assert [request.path for request in slack.seen] == [PATH]
    row = ledger.get("a")
    assert row.state == "failed" and "check the destination's address" in (row.last_error or "")


def test_a_refused_connection_is_no_doubt_and_tried_again(
    run: Run, publish: Publish, slack: HttpReceiver, clock: Clock, ledger: Ledger
) -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{placeholder.getsockname()[1]}{PATH}"
    run(publish([decision("a", "at_risk_alert")]), url=dead)
    assert ledger.get("a").state == "failed"
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "delivered" and len(slack.taken) == 1


def test_slack_asking_for_patience_gets_it(
    run: Run, publish: Publish, slack: HttpReceiver, clock: Clock
) -> None:
    slack.script = lambda number, request: Answer(429, {"Retry-After": "30"}) if number == 0 else Answer()
    assert run(publish([decision(f"a{number}", "at_risk_alert") for number in range(3)])).attempted == 1
    clock.forward(seconds=15)
    assert run().attempted == 0
    clock.forward(minutes=1)
    assert run().by_state["delivered"] == 3


def test_the_webhook_url_is_never_written_down(
    run: Run, publish: Publish, slack: HttpReceiver, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.script = lambda number, request: [
        Answer(400, body=f"invalid_payload for {slack.url}{PATH}"),
        Answer(404, body=f"no_service {PATH[1:]}"),
        Answer(0),
    ][number]
    run(publish([decision(f"a{number}", "at_risk_alert") for number in range(3)]))
    run(publish([decision("b", "at_risk_alert")]), url=f"http://no-such-host.invalid{PATH}")
    stored = b"".join(path.read_bytes() for path in home.root.glob("ledger.db*") if path.is_file())
    assert b"invalid_payload" in stored and b"no_service" in stored
    assert b"xoxsecret" not in stored
    assert "xoxsecret" not in caplog.text
