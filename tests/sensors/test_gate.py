"""What may have changed between decision and sending is looked at again at the door, with a real mail relay."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sensors.bounces import take_in
from sensors.channels.configuration import ChannelConfig, EmailDestination, build_channels
from sensors.delivery import DeliveryReport, deliver
from sensors.interventions import resend
from sensors.ledger import Ledger
from sensors.rendering import Renderer
from sensors.reviews import approve, waiting
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.published_stops import write_stops
from tests.sensors.receivers import MailReceiver, mail_receiver
from warehouse.home import Home

NIGHT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANA = "ana.ruiz@northwind-cs.io"


@pytest.fixture
def relay() -> Iterator[MailReceiver]:
    with mail_receiver() as receiver:
        yield receiver


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, relay: MailReceiver) -> Any:
    mail = EmailDestination(host="127.0.0.1", sender="cs@tierline.example", port=relay.port, starttls=False)

    def run(snapshot: Any, config: ChannelConfig | None = None) -> DeliveryReport:
        channels = build_channels(config or ChannelConfig(email=mail), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="w", sleep=clock.sleep)

    return run


def test_a_guard_that_appeared_since_stops_what_an_older_snapshot_decided(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    later = clock() + timedelta(hours=1)
    rows = [decision(name, send_after_at=f"{later:%Y-%m-%d %H:%M:%S}") for name in ("gone", "stays")]
    assert run(publish(rows)).enqueued == 2 and not relay.mails
    clock.forward(hours=2)
    words = "Since it was decided the customer has left: on 2026-11-21"
    report = run(write_stops(publish(rows), [("gone", "churned", "suppress", None, words)]))

    assert [mail["To"] for mail in relay.mails] == [f"Ana Ruiz <{ANA}>"]
    gone, stays = ledger.get("gone"), ledger.get("stays")
    assert (gone.state, gone.suppressed_by, gone.suppressed_reason) == ("suppressed", "churned", words)
    assert (gone.attempts, stays.state) == (0, "delivered")
    assert ledger.history("gone")[-1].detail == words
    assert report.settled_now == {"suppressed": 1, "delivered": 1} and report.attempted == 1


def test_a_stop_of_one_address_does_not_stop_another(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    snapshot = publish([decision("bounced"), decision("other", recipient="new@northwind-cs.io")])
    stop = ("bounced", "suppress", ANA, "Mail came back")
    run(write_stops(snapshot, [("bounced", *stop), ("other", *stop)]))
    assert ledger.get("bounced").suppressed_by == "bounced"
    assert ledger.get("other").state == "delivered" and len(relay.mails) == 1


def test_a_message_tried_again_at_night_waits_until_people_work(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    """Approved, tried again or due by night: `send_after_at` alone was only the earliest time."""
    relay.answer = lambda number: "451 later" if number == 0 else "250 taken"
    window = ("acc-1", clock(), clock() + timedelta(hours=8))
    next_day = ("acc-1", MORNING, MORNING + timedelta(hours=8))
    delay = [("night", "quiet_hours", "delay", None, "It is night where the customer is")]
    snapshot = write_stops(publish([decision("night")]), delay, [window, next_day])
    run(snapshot)
    assert ledger.get("night").state == "failed"

    clock.at = NIGHT
    run(snapshot)
    row = ledger.get("night")
    assert (row.state, row.send_after_at, row.attempts) == ("pending", MORNING, 1)
    assert "It is night where the customer is" in str(ledger.history("night")[-1].detail)
    assert ledger.due(clock()) == 0 and not relay.mails

    clock.at = MORNING
    run(snapshot)
    assert ledger.get("night").state == "delivered" and len(relay.mails) == 1


def test_unknown_hours_are_asked_again_and_never_taken_for_day(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    delay = [("a", "quiet_hours", "delay", None, "It is night")]
    run(write_stops(publish([decision("a")]), delay))
    assert ledger.get("a").send_after_at == clock() + timedelta(hours=1) and not relay.mails


def test_a_machines_mail_waits_while_a_person_is_on_the_account_and_no_longer_than_it_is_news(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    wait = [("beside", "person_on_account", "wait", None, "A person is on this account")]
    rows = [decision("beside"), decision("old", send_until_at=f"{clock() + timedelta(hours=5):%F %T}")]
    held = [*wait, ("old", *wait[0][1:])]
    run(write_stops(publish(rows), held))
    assert not relay.mails and ledger.get("beside").state == "pending"
    assert "A person is on this account" in str(ledger.history("beside")[-1].detail)

    clock.forward(hours=6)
    run(write_stops(publish(rows), held))
    assert ledger.get("old").suppressed_by == "too_old_to_send"
    clock.forward(hours=2)
    run(publish(rows))
    assert ledger.get("beside").state == "delivered" and len(relay.mails) == 1


def test_old_news_is_not_sent_to_anyone_real_but_goes_to_the_local_outbox(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, home: Home
) -> None:
    old = "2026-11-22 08:59:00"
    run(publish([decision("old", send_until_at=old), decision("slack", "at_risk_alert", send_until_at=old)]))
    row = ledger.get("old")
    assert (row.state, row.suppressed_by) == ("suppressed", "too_old_to_send") and not relay.mails
    assert "2026-11-22 08:59 UTC" in str(row.suppressed_reason)
    assert ledger.get("slack").destination == "local_sink" and ledger.get("slack").state == "delivered"


def test_a_person_may_order_old_news_to_be_sent(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    relay.answer = lambda number: "550 no" if number == 0 else "250 taken"
    snapshot = publish([decision("a", send_until_at="2026-11-22 10:00:00")])
    run(snapshot)
    assert ledger.get("a").state == "dead"
    clock.forward(days=3)
    resend(ledger, "a", now=clock(), who="ana", why="they still need it")
    run(snapshot)
    assert ledger.get("a").state == "delivered" and len(relay.mails) == 1


def test_what_waits_for_approval_is_withdrawn_when_a_guard_appears(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, clock: Clock
) -> None:
    rows = [decision(name, mode="assisted") for name in ("waits", "approved")]
    run(publish(rows))
    approve(ledger, "approved", renderer=Renderer(), now=clock(), who="ana")
    words = "Since it was decided the account came into the holdout group"
    stops = [(name, "holdout", "suppress", None, words) for name in ("waits", "approved")]
    report = run(write_stops(publish(rows), stops))
    assert not relay.mails and not waiting(ledger)
    assert {ledger.get(name).suppressed_by for name in ("waits", "approved")} == {"holdout"}
    assert report.by_state["suppressed"] == 2


def test_the_ledgers_file_keeps_until_when_an_action_is_news(
    run: Any, publish: Publish, home: Home, ledger: Ledger
) -> None:
    run(publish([decision("a", send_until_at="2026-12-01 00:00:00")]))
    with sqlite3.connect(home.ledger) as connection:
        stored = connection.execute("select send_until_at from deliveries").fetchone()
    assert stored == ("2026-12-01 00:00:00.000000",), json.dumps(stored)


def test_an_opt_out_counts_from_the_moment_the_ledger_knows_it(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver, tmp_path: Path
) -> None:
    """The snapshot was built before it; it only says whose opt-out and whose bounce stops what."""
    for name, event in (("bo", "unsubscribe"), ("kim", "spamreport"), ("ann", "bounce")):
        line = {"event": event, "email": f"{name}@x.io", "status": "5.1.1", "type": "hard"}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(line) + "\n")
    news = {"bounced": "hard_bounce", "unsubscribed": "unsubscribe complaint"}
    people = {"opted_out": "Bo@x.io", "spam": "kim@x.io", "dead": "ann@x.io", "fine": "eve@x.io"}
    rows = [decision(name, recipient=people[name]) for name in people]
    # an invoice reaches also who wants no marketing, but no dead address
    rows.append(decision("invoice", recipient="bo@x.io"))
    rows.append(decision("asked", recipient="bo@x.io", mode="assisted"))
    stops = [
        (row["action_id"], guard, "suppress", row["recipient"], f"{guard}!")
        for row in rows
        for guard in news
        if (row["action_id"], guard) != ("invoice", "unsubscribed")
    ]
    snapshot = write_stops(publish(rows), stops, on_news=news)
    assert sum(take_in(ledger, tmp_path, now=MORNING, secret=None, who="mailbox").new.values()) == 3
    run(snapshot)
    assert {name: ledger.get(name).suppressed_by for name in (*people, "invoice", "asked")} == {
        "opted_out": "unsubscribed", "spam": "unsubscribed", "dead": "bounced", "fine": None,
        "invoice": None, "asked": "unsubscribed",
    }  # fmt: skip
    assert ledger.get("opted_out").suppressed_reason == "unsubscribed!"
    assert sorted(str(mail["To"]) for mail in relay.mails) == [
        "Ana Ruiz <bo@x.io>", "Ana Ruiz <eve@x.io>",
    ]  # fmt: skip


def test_a_snapshot_published_while_a_delivery_goes_on_is_judged_by_from_then_on(
    run: Any, publish: Publish, ledger: Ledger, relay: MailReceiver
) -> None:
    rows = [decision(name) for name in ("first", "second")]

    def meanwhile(number: int) -> str:
        if number == 0:
            write_stops(publish(rows), [("second", "churned", "suppress", None, "The customer has left")])
        return "250 taken"

    relay.answer = meanwhile
    run(write_stops(publish(rows)))
    assert (ledger.get("first").state, ledger.get("second").suppressed_by) == ("delivered", "churned")
    assert len(relay.mails) == 1
