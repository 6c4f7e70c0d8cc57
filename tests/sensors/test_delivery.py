"""Delivering a published snapshot's decisions, seen from the outside: the outbox and the ledger."""

import json
from pathlib import Path
from typing import Any

import pytest

from sensors.channels.channel import Channel
from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.decisions import SnapshotUnreadableError
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from warehouse.home import Home

BOTH_DATABASES = True


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock) -> Any:
    def run(
        snapshot: Path | None, channels: dict[str, Channel] | None = None, **options: Any
    ) -> DeliveryReport:
        return deliver(
            ledger,
            snapshot,
            channels or build_channels(ChannelConfig(), home.outbox, now=clock),
            now=clock,
            worker="test",
            sleep=clock.sleep,
            **options,
        )

    return run


def outbox(home: Home, channel: str) -> list[dict[str, Any]]:
    path = home.outbox / f"{channel}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_what_would_be_sent_stands_in_the_outbox_whole(
    run: Any, home: Home, publish: Publish, ledger: Ledger
) -> None:
    report = run(
        publish(
            [decision("a-mail"), decision("a-slack", "at_risk_alert"), decision("a-hook", "expansion_prompt")]
        )
    )

    assert (report.enqueued, report.attempted, dict(report.sent_now)) == (
        3,
        3,
        {"email": 1, "slack": 1, "webhook": 1},
    )
    (mail,) = outbox(home, "email")
    assert mail["action_id"] == "a-mail" and mail["recipient"] == "ana.ruiz@northwind-cs.io"
    assert mail["at"] == "2026-11-22T09:00:00.000Z" and mail["facts"]["account_name"] == "Northwind Traders"
    assert "Northwind Traders" in mail["message"]["subject"] and "<html" in mail["message"]["html"]
    assert outbox(home, "slack")[0]["message"]["blocks"]
    assert outbox(home, "webhook")[0]["message"]["message"]["title"]
    row = ledger.get("a-mail")
    assert (row.state, row.attempts, row.destination, row.destination_ref) == (
        "delivered",
        1,
        "local_sink",
        "email.jsonl:1",
    )
    assert row.first_attempt_at and row.delivered_at and row.message_hash
    assert [event.to_state for event in ledger.history("a-mail")] == ["pending", "sending", "delivered"]


def test_the_same_decision_is_never_delivered_twice_whatever_later_snapshots_say(
    run: Any, home: Home, publish: Publish, ledger: Ledger
) -> None:
    run(publish([decision("a"), decision("b", suppressed_by="holdout")]))
    again = run(publish([
        decision("a", reason="changed", recipient="someone.else@northwind-cs.io"),
        decision("b"),
        decision("c"),
    ]))  # fmt: skip

    assert (again.enqueued, again.attempted) == (1, 1)
    assert [line["action_id"] for line in outbox(home, "email")] == ["a", "c"]
    assert ledger.get("b").state == "suppressed"


def test_running_again_with_nothing_new_does_nothing(run: Any, publish: Publish) -> None:
    snapshot = publish([decision("a")])
    run(snapshot)
    again = run(snapshot)
    assert (again.enqueued, again.attempted, again.by_state["delivered"]) == (0, 0, 1)


def test_suppressed_decisions_are_kept_with_their_rule_and_never_sent(
    run: Any, home: Home, publish: Publish, ledger: Ledger
) -> None:
    report = run(
        publish([decision("s", suppressed_by="weekly_cap", suppressed_reason="two alerts this week already")])
    )
    assert (report.suppressed, report.attempted, outbox(home, "email")) == (1, 0, [])
    row = ledger.get("s")
    assert (row.state, row.suppressed_by, row.suppressed_reason) == (
        "suppressed",
        "weekly_cap",
        "two alerts this week already",
    )


@pytest.mark.parametrize(
    ("poison", "because"),
    [
        ({"template_id": "no_such_play"}, "no template"),
        ({"template_id": "../../schema"}, "no template"),
        ({"recipient": None}, "no recipient"),
        ({"channel": "carrier_pigeon"}, "no channel 'carrier_pigeon'"),
        ({"facts": "{not json"}, "not JSON"),
        ({"facts": '{"score": NaN}'}, "NaN is not a number"),
        ({"facts": '{"score": "high"}'}, "can't be filled"),
    ],
)
def test_a_poisoned_decision_dies_with_a_reason_and_blocks_nobody(  # noqa: PLR0917
    run: Any, home: Home, publish: Publish, ledger: Ledger, poison: dict[str, Any], because: str
) -> None:
    poison = dict(poison)
    facts = poison.pop("facts", {})
    rows = [decision("a"), decision("poison", is_immediate=True, **poison), decision("z")]
    if isinstance(facts, str):
        # DuckDB would refuse to write what is not JSON, so it goes straight into the ledger's row.
        from sqlalchemy import update

        from sensors.delivery import enqueue_decisions
        from sensors.schema import deliveries

        snapshot = publish(rows)
        enqueue_decisions(ledger, snapshot, now=Clock(), who="test")
        with ledger.writing() as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.action_id == "poison").values(facts=facts)
            )
        run(snapshot)
    else:
        run(publish(rows))

    assert [line["action_id"] for line in outbox(home, "email")] == ["a", "z"]
    row = ledger.get("poison")
    assert row.state == "dead" and because in (row.last_error or "")


def test_immediate_alerts_go_first_even_behind_five_thousand_prompts(
    run: Any, home: Home, publish: Publish
) -> None:
    prompts = [decision(f"prompt-{n:04}", "expansion_prompt", priority=1) for n in range(5000)]
    alerts = [
        decision(
            "alert-late", "critical_escalation", is_immediate=True, priority=9, decided_for="2026-11-21"
        ),
        decision("alert-early", "immediate_routing", is_immediate=True, priority=9, decided_for="2026-11-20"),
        decision("alert-first", "critical_escalation", is_immediate=True, priority=1),
    ]
    order: list[str] = []

    class Watching:
        """Notes the order in which messages leave through the channel underneath."""

        def __init__(self, channel: Any) -> None:
            self._channel = channel
            self.destination, self.batch_size = channel.destination, channel.batch_size
            self.seconds_per_message, self.look_up, self.close = (
                channel.seconds_per_message,
                channel.look_up,
                channel.close,
            )

        def send(self, messages: Any) -> Any:
            order.extend(message.action_id for message in messages)
            return self._channel.send(messages)

    channels = {
        name: Watching(channel) for name, channel in build_channels(ChannelConfig(), home.outbox).items()
    }
    report = run(publish(prompts + alerts), channels)

    assert report.by_state["delivered"] == 5003
    assert order[:3] == ["alert-first", "alert-early", "alert-late"]
    assert order[3:] == sorted(order[3:])


def test_progress_ends_at_the_number_of_due_rows(run: Any, publish: Publish) -> None:
    seen: list[tuple[int, int]] = []
    run(publish([decision(f"a{n}") for n in range(7)]), progress=lambda done, due: seen.append((done, due)))
    assert seen[-1] == (7, 7)


def test_a_snapshot_that_breaks_the_contract_enqueues_nothing_and_says_so(
    run: Any, publish: Publish, ledger: Ledger
) -> None:
    import duckdb

    snapshot = publish([decision("a")])
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("alter table actions.fct_action_decisions drop column channel")
    with pytest.raises(SnapshotUnreadableError, match="publish a new snapshot"):
        run(snapshot)
    assert sum(ledger.by_state().values()) == 0
