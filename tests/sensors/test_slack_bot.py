"""The Slack bot against the simulated Slack: mention, thread, exactly one message, and what Slack refuses."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sensors.channels.channel import Message
from sensors.channels.configuration import ChannelConfig, SlackBotDestination, build_channels
from sensors.channels.slack_bot import SlackBotChannel
from sensors.claims import claim, head
from sensors.delivery import DeliveryReport, deliver, enqueue_decisions
from sensors.ledger import Ledger
from sensors.pacing import Pacing
from sensors.rendering import Renderer
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import Answer, http_receiver
from tests.simulator.vendors.conftest import Serve, lived, serve  # noqa: F401 -- fixtures
from warehouse.home import Home

Run = Callable[..., DeliveryReport]
RIGHT = "simulated-slack"
POST = "/api/chat.postMessage"


@pytest.fixture
def server(serve: Serve) -> VendorServer:  # noqa: F811
    return serve()


@pytest.fixture
def csm(server: VendorServer) -> dict[str, Any]:
    found: dict[str, Any] = server.view.rows("csms")[0]
    return found


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, server: VendorServer) -> Run:
    def run(
        snapshot: Any = None,
        token: str = RIGHT,
        fallback: str | None = None,
        pacing: Pacing = Pacing(),  # noqa: B008 -- frozen
    ) -> DeliveryReport:
        bot = SlackBotDestination(
            token, server.url_of("slack") + "/api/", fallback_channel=fallback, timeout_seconds=1.0
        )
        channels = build_channels(ChannelConfig(slack_bot=bot), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep, pacing=pacing)

    return run


def alert(action_id: str, recipient: str, account_id: str = "acc-1", **changes: Any) -> dict[str, Any]:
    return decision(action_id, "at_risk_alert", recipient=recipient, account_id=account_id, **changes)


def fault(server: VendorServer, kind: str, path: str = POST, **more: Any) -> None:
    from simulator.vendors.faults import Fault

    server.set_faults([Fault("slack", kind, path=path, seconds=1.5, **more)])


def messages(server: VendorServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.vendors["slack"].messages  # type: ignore[attr-defined]
    return found


def mentioned(posted: dict[str, Any]) -> list[str]:
    elements = posted["message"]["blocks"][1]["elements"][0]["elements"]
    return [element["user_id"] for element in elements if element["type"] == "user"]


def test_a_person_known_by_e_mail_gets_a_direct_message_that_mentions_them(
    run: Run, publish: Publish, server: VendorServer, csm: dict[str, Any], ledger: Ledger
) -> None:
    run(publish([alert("a", csm["email"].upper(), recipient_name=csm["name"])]))
    (posted,) = messages(server)
    assert posted["channel"] == "D" + csm["slack_id"][1:] and mentioned(posted) == [csm["slack_id"]]
    assert f"For {csm['name']}" not in json.dumps(posted)
    assert posted["message"]["text"] and posted["message"]["blocks"][0]["type"] == "header"
    assert ledger.get("a").destination_ref == f"{posted['channel']}:{posted['ts']}"


@pytest.mark.parametrize("known_as", ["e-mail", "Slack id"])
def test_a_message_to_a_channel_mentions_the_owner_of_the_account(
    run: Run, publish: Publish, server: VendorServer, csm: dict[str, Any], known_as: str
) -> None:
    facts = {"csm_slack_id": csm["slack_id"] if known_as == "Slack id" else None, "csm_email": csm["email"]}
    run(publish([alert("a", "#customer-success", facts=facts)]))
    (posted,) = messages(server)
    assert posted["channel"] == "C0SUCCESS0" and mentioned(posted) == [csm["slack_id"]]


def test_what_is_for_somebody_slack_does_not_know_is_refused_or_goes_where_settings_say(
    run: Run, publish: Publish, server: VendorServer, ledger: Ledger
) -> None:
    run(publish([alert("a", "stranger@nowhere.example")]))
    row = ledger.get("a")
    assert row.state == "dead" and "TIERLINE_SLACK_FALLBACK_CHANNEL" in (row.last_error or "")
    run(publish([alert("b", "stranger@nowhere.example")]), fallback="#general")
    (posted,) = messages(server)
    assert (
        posted["channel"] == "C0GENERAL0" and mentioned(posted) == [] and ledger.get("b").state == "delivered"
    )
    assert "For Ana Ruiz: " in json.dumps(posted)


def test_an_account_has_one_thread_in_a_conversation_also_after_a_restart(
    run: Run, publish: Publish, server: VendorServer, clock: Clock, ledger: Ledger
) -> None:
    run(publish([alert("a1", "#general"), alert("a2", "#general"), alert("b1", "#general", "acc-2")]))
    clock.forward(hours=1)
    run(publish([alert("a3", "#general"), alert("a4", "#customer-success")]))
    threads = {each["metadata"]["event_payload"]["action_id"]: each for each in messages(server)}
    opener = threads["a1"]["ts"]
    assert {name: each["message"].get("thread_ts") for name, each in threads.items()} == {
        "a1": None, "a2": opener, "a3": opener, "b1": None, "a4": None,
    }  # fmt: skip
    assert ledger.get("a3").destination_ref == f"C0GENERAL0:{threads['a3']['ts']}@{opener}"


def test_a_thread_that_was_deleted_is_opened_anew(
    run: Run, publish: Publish, server: VendorServer, clock: Clock
) -> None:
    run(publish([alert("a1", "#general")]))
    messages(server).clear()
    clock.forward(hours=1)
    run(publish([alert("a2", "#general")]))
    clock.forward(hours=1)
    run(publish([alert("a3", "#general")]))
    second, third = messages(server)
    assert "thread_ts" not in second["message"] and third["message"]["thread_ts"] == second["ts"]


@pytest.mark.parametrize("kind", ["timeout_after", "server_error_after", "truncated_body"])
@pytest.mark.parametrize("is_reply", [False, True])
def test_a_message_that_arrived_unheard_is_found_and_not_sent_again(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, clock: Clock, ledger: Ledger, kind: str, is_reply: bool
) -> None:
    if is_reply:
        run(publish([alert("first", "#general")]))
    fault(server, kind)
    run(publish([alert("a", "#general")]))
    assert ledger.get("a").state == "failed"
    clock.forward(minutes=1)
    run()
    row, posted = ledger.get("a"), messages(server)[-1]
    assert row.state == "delivered" and len(messages(server)) == 1 + is_reply
    reference = f"C0GENERAL0:{posted['ts']}"
    assert row.destination_ref == (f"{reference}@{messages(server)[0]['ts']}" if is_reply else reference)


@pytest.mark.parametrize("kind", ["timeout_before", "server_error"])
def test_a_message_that_did_not_arrive_is_looked_for_and_sent_again(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, clock: Clock, ledger: Ledger, kind: str
) -> None:
    fault(server, kind)
    run(publish([alert("a", "#general")]))
    assert ledger.get("a").state == "failed" and not messages(server)
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "delivered" and len(messages(server)) == 1
    asked = [entry.path for entry in server.journal.requests("slack")]
    assert asked.index("/api/conversations.history") < len(asked) - 1 - asked[::-1].index(POST)


@pytest.mark.parametrize(("arrived", "is_late"), [(True, False), (False, True), (False, False)])
def test_after_a_crash_slack_is_asked_and_a_no_is_only_believed_once_nothing_can_be_on_its_way(  # noqa: PLR0917
    run: Run,
    publish: Publish,
    server: VendorServer,
    clock: Clock,
    ledger: Ledger,
    arrived: bool,
    is_late: bool,
) -> None:
    enqueue_decisions(ledger, publish([alert("a", "#general")]), now=clock, who="dead")
    lane = head(ledger, now=clock(), without={})
    assert lane is not None
    (row,) = claim(
        ledger, lane, limit=1, destination="slack_bot", worker="dead", now=clock(), lease=timedelta(hours=1)
    )
    bot = SlackBotChannel(RIGHT, base_url=server.url_of("slack") + "/api", timeout_seconds=1, now=clock)
    if arrived:
        list(bot.send([Renderer().render(row)]))
    # Long after the claim: the dead worker waited for its slot and asked Slack for people before it posted.
    clock.forward(seconds=12)
    run()
    if arrived:
        assert ledger.get("a").state == "delivered" and len(messages(server)) == 1
        return
    assert ledger.get("a").state == "pending" and not messages(server)
    if is_late:
        list(bot.send([Renderer().render(row)]))
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "delivered" and len(messages(server)) == 1


def test_an_attempt_soon_after_another_waits_for_what_may_be_on_its_way(
    run: Run, publish: Publish, server: VendorServer, clock: Clock, ledger: Ledger
) -> None:
    soon = Pacing(first_wait=timedelta(milliseconds=1), longest_wait=timedelta(milliseconds=2))
    fault(server, "timeout_before")
    run(publish([alert("a", "#general")]), pacing=soon)
    clock.forward(seconds=2)
    run(pacing=soon)
    assert ledger.get("a").state == "failed" and not messages(server)
    assert "may still be on its way" in (ledger.get("a").last_error or "")
    clock.forward(seconds=11)
    run(pacing=soon)
    assert ledger.get("a").state == "delivered" and len(messages(server)) == 1


def test_while_slack_can_not_be_asked_nothing_is_sent(
    run: Run, publish: Publish, server: VendorServer, clock: Clock, ledger: Ledger
) -> None:
    fault(server, "timeout_after")
    run(publish([alert("a", "#general")]))
    fault(server, "server_error", "/api/conversations.history")
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "failed" and len(messages(server)) == 1
    clock.forward(minutes=5)
    run()
    assert ledger.get("a").state == "delivered" and len(messages(server)) == 1


def test_a_rate_limit_rests_the_channel_for_as_long_as_asked(
    run: Run, publish: Publish, server: VendorServer, clock: Clock
) -> None:
    fault(server, "rate_limit", retry_after=120)
    report = run(publish([alert(f"a{number}", "#general") for number in range(3)]))
    assert report.attempted == 1 and "patience" in report.resting["slack"]
    clock.forward(minutes=1)
    assert run().attempted == 0
    clock.forward(minutes=2)
    assert run().by_state["delivered"] == 3 == len(messages(server))


def test_a_wrong_token_rests_the_channel_and_is_never_written_down(  # noqa: PLR0917
    run: Run, publish: Publish, clock: Clock, home: Home, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    report = run(publish([alert("a", "#general"), alert("b", "#general")]), token="xoxb-not-this-one")
    assert report.attempted == 1 and "TIERLINE_SLACK_BOT_TOKEN" in report.resting["slack"]
    stored = b"".join(path.read_bytes() for path in home.root.glob("ledger.db*") if path.is_file())
    assert b"xoxb-not" not in stored and "xoxb-not" not in caplog.text
    clock.forward(minutes=6)
    assert run().by_state["delivered"] == 2


def test_a_channel_that_is_not_there_is_refused_and_the_rest_goes_on(
    run: Run, publish: Publish, server: VendorServer, ledger: Ledger
) -> None:
    refused = ["#no-such-channel", "C0NOSUCHONE", "U0NOBODYHERE"]
    rows = [alert(f"r{number}", recipient) for number, recipient in enumerate(refused)]
    report = run(publish([*rows, alert("z", "#general")]))
    assert (report.by_state["dead"], report.by_state["delivered"]) == (3, 1)
    assert "no channel '#no-such-channel'" in (ledger.get("r0").last_error or "")
    assert "channel_not_found" in (ledger.get("r1").last_error or "")
    assert "user_not_found" in (ledger.get("r2").last_error or "")


def test_without_the_past_a_message_is_sent_and_opens_its_own_thread(
    server: VendorServer, clock: Clock
) -> None:
    bot = SlackBotChannel(
        "simulated-slack", base_url=server.url_of("slack") + "/api", timeout_seconds=1, now=clock
    )
    message = Message("a", "slack", "#general", None, "p", "acc", {"text": "x", "blocks": []})
    (receipt,) = bot.send([message])
    assert str(receipt.reference).startswith("C0GENERAL0:")  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_the_token_to_no_stranger(
    ledger: Ledger, home: Home, clock: Clock, publish: Publish, status: int
) -> None:
    with http_receiver() as slack, http_receiver() as stranger:
        slack.script = lambda number, request: Answer(status, {"Location": stranger.url + "/api"}, body="")
        bot = SlackBotDestination(RIGHT, slack.url + "/api/", timeout_seconds=1.0)
        channels = build_channels(ChannelConfig(slack_bot=bot), home.outbox, now=clock)
        snapshot = publish([alert("a", "#customer-success")])
        deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)
    assert len(slack.seen) == 1 and stranger.seen == []
    row = ledger.get("a")
    assert row.state == "failed" and f"answered {status}" in (row.last_error or "")
    assert "check the destination's address" in (row.last_error or "")
