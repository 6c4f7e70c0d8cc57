"""Nothing is sent unless its channel is enabled, and outside of production only to whom the allow-list names."""

from collections.abc import Iterator
from dataclasses import fields, replace
from inspect import getattr_static
from typing import Any, get_args

import pytest
from pydantic import SecretStr, ValidationError

from sensors.allow_list import REACHES, AllowList, Environment, Reach, RestrictedChannel, allow_list
from sensors.channels.channel import MessageKind
from sensors.channels.configuration import ChannelConfig, build_channels, build_writers
from sensors.channels.local_sink import LocalSink
from sensors.delivery import deliver
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.past_deliveries import PastDeliveries, introduce
from sensors.trial import TrialChannel
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import MailReceiver, mail_receiver
from warehouse.home import Home

MAIL = {
    "email_enabled": True,
    "smtp_host": "127.0.0.1",
    "smtp_from": "cs@tierline.example",
    "smtp_starttls": False,
}


@pytest.fixture
def relay() -> Iterator[MailReceiver]:
    with mail_receiver() as receiver:
        yield receiver


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, publish: Publish, relay: MailReceiver) -> Any:
    def run(*addresses: str, **given: Any) -> list[str]:
        """Who got mail, with these settings."""
        settings = DeliveryEnvironment(**MAIL | {"smtp_port": relay.port} | given)
        rows = [decision(address, recipient=address, recipient_name=None) for address in addresses]
        channels = build_channels(settings.channels(), home.outbox, now=clock)
        deliver(ledger, publish(rows), channels, now=clock, worker="w", sleep=clock.sleep)
        return [str(mail["To"]) for mail in relay.mails]

    return run


def test_every_environment_says_whom_it_may_reach_and_an_unknown_one_is_an_error() -> None:
    assert set(REACHES) == set(get_args(Environment))
    assert [name for name, reach in REACHES.items() if reach is Reach.ANYONE] == ["production"]
    with pytest.raises(ValidationError, match="environment"):
        DeliveryEnvironment(environment="staging")  # type: ignore[arg-type]
    assert DeliveryEnvironment().channels().allowed == AllowList(Reach.LISTED, frozenset())


def test_development_reaches_only_the_allow_list(run: Any, ledger: Ledger) -> None:
    reached = run(
        "ana@ours.io", "bob@test.io", "ceo@customer.com", allowed_recipients="Ana@ours.io, @test.io"
    )
    assert sorted(reached) == ["ana@ours.io", "bob@test.io"]
    row = ledger.get("ceo@customer.com")
    assert (row.state, row.suppressed_by) == ("suppressed", "not_allowed_here")
    assert "ceo@customer.com is not in TIERLINE_ALLOWED_RECIPIENTS" in str(row.suppressed_reason)


def test_a_relay_on_this_machine_is_no_permission(run: Any) -> None:
    assert run("ceo@customer.com") == []


def test_production_reaches_anyone(run: Any) -> None:
    assert run("ceo@customer.com", environment="production") == ["ceo@customer.com"]


@pytest.mark.parametrize(
    ("recipient", "channel", "hosts", "may"),
    [
        ("#cs-alerts", "slack", {"hooks.slack.com"}, True),
        ("#all", "slack", {"hooks.slack.com"}, False),
        ("acc-1", "webhook", {"sandbox.example"}, True),
        ("acc-1", "webhook", {"sandbox.example", "live.example"}, False),
        ("acc-1", "webhook", {"127.0.0.1"}, True),
        ("acc-1", "webhook", set(), False),
        ("x@evil-test.io", "email", {"127.0.0.1"}, False),
        ("", "email", set(), False),
    ],
)
def test_recipients_and_hosts(recipient: str, channel: str, hosts: set[str], may: bool) -> None:
    allowed = allow_list("development", "#cs-alerts,@test.io,sandbox.example,,")
    assert allowed.allows(recipient, channel=channel, hosts=frozenset(hosts)) is may


def _some(name: str, value: str) -> str:
    """A value the setting can have."""
    if name == "unsubscribe_url":
        return f"{value}?t={{token}}"
    return "7" if name.endswith(("_per_second", "_admin_id")) else value


def test_no_channel_leaves_the_house_unless_it_is_enabled(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting of every channel given, but for the switches: all of them stay at the local outbox."""
    switches = [name for name in DeliveryEnvironment.model_fields if name.endswith("_enabled")]
    for name, field in DeliveryEnvironment.model_fields.items():
        if name not in (*switches, "test_account") and field.default is None:
            monkeypatch.setenv(f"TIERLINE_{name.upper()}", _some(name, "https://example.com/x"))
    settings = DeliveryEnvironment()
    channels = build_channels(settings.channels(), home.outbox)
    assert {kind.value for kind in MessageKind} <= set(channels)
    assert {type(channel) for channel in channels.values()} == {LocalSink}
    assert len(switches) >= 3 and all(getattr(settings, name) is False for name in switches)


def test_every_enabled_channel_is_behind_the_allow_list(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in DeliveryEnvironment.model_fields.items():
        if name.endswith("_enabled"):
            monkeypatch.setenv(f"TIERLINE_{name.upper()}", "true")
        elif field.default is None and name not in ("ledger_url", "test_account", "smtp_ca_file"):
            value = "https://live.example/x" if name.endswith("url") else "cs-and-others@live.example"
            monkeypatch.setenv(f"TIERLINE_{name.upper()}", _some(name, value))
    config = DeliveryEnvironment().channels()
    given = [field.name for field in fields(ChannelConfig) if field.name not in ("allowed", "test_account")]
    channels = build_channels(config, home.outbox)
    real = {name for name, channel in channels.items() if channel.destination != LocalSink.destination}
    assert real == {kind.value for kind in MessageKind}
    assert build_writers(config) == {}
    near = replace(config, allowed=allow_list("development", "live.example,api.hubapi.com"))
    assert {"hubspot", "salesforce"} <= set(build_writers(near))
    assert real and all(isinstance(channels[name], RestrictedChannel) for name in real)
    assert len(real) >= len(
        [name for name in given if getattr(config, name) is not None and name in channels]
    )


def test_a_restricted_channel_and_one_in_test_mode_still_ask_the_past(
    ledger: Ledger, home: Home, clock: Clock
) -> None:
    """As Python 3.12 and later look for a protocol's methods: on the class, past any `__getattr__`."""
    settings = DeliveryEnvironment(
        slack_enabled=True, slack_bot_token=SecretStr("xoxb-1"), allowed_recipients="U1", test_account="acc-9"
    )
    channel: Any = build_channels(settings.channels(), home.outbox, now=clock)["slack"]
    introduce([channel], ledger)
    layers = 0
    while isinstance(channel, (RestrictedChannel, TrialChannel)):
        assert callable(getattr_static(channel, "remember"))
        channel, layers = channel._inner, layers + 1
    assert layers == 2 and isinstance(channel._past, PastDeliveries)
