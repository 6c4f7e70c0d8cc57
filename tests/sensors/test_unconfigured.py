"""A production that sends to channels nobody set up is told so, until they are set up."""

from typing import Any

import pytest

from sensors.channels.configuration import ChannelConfig, WebhookDestination, build_channels
from sensors.delivery import deliver
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.operations import watch
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import http_receiver
from warehouse.home import Home


@pytest.fixture
def send(ledger: Ledger, home: Home, clock: Clock, publish: Publish) -> Any:
    def send(*action_ids: str, **config: Any) -> None:
        rows = [decision(each, "expansion_prompt") for each in action_ids]
        channels = build_channels(ChannelConfig(**config), home.outbox, now=clock)
        deliver(ledger, publish(rows), channels, now=clock, worker="w", sleep=clock.sleep)

    return send


def looked(ledger: Ledger, home: Home, clock: Clock, environment: str) -> list[tuple[str, str]]:
    config = DeliveryEnvironment.model_validate({"environment": environment}).operations()
    return [(each.trouble, each.verdict) for each in watch(ledger, config, home.outbox, now=clock())]


def test_a_channel_whose_messages_lie_in_the_outbox_is_a_trouble_in_production_until_one_leaves(
    send: Any, ledger: Ledger, home: Home, clock: Clock
) -> None:
    send("kept", "kept-too")
    assert looked(ledger, home, clock, "development") == []
    assert looked(ledger, home, clock, "production") == [("unconfigured/webhook", "opened")]
    assert "2 by webhook lie in" in (home.outbox / "operations.jsonl").read_text()
    assert looked(ledger, home, clock, "production") == []

    clock.forward(minutes=1)
    with http_receiver() as receiver:
        hook = WebhookDestination(f"{receiver.url}/hook", secret="s" * 20, allow_private=True)
        send("sent", webhook=hook)
    assert looked(ledger, home, clock, "production") == [("unconfigured/webhook", "closed")]

    clock.forward(minutes=1)
    send("kept-again")
    assert looked(ledger, home, clock, "production") == [("unconfigured/webhook", "opened")]
    clock.forward(days=7)
    assert looked(ledger, home, clock, "production") == [("unconfigured/webhook", "closed")], "long unused"
