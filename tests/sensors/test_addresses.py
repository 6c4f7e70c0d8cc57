"""Webhooks only go to public addresses, unless private ones are allowed."""

from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import httpx
import pytest

from sensors.channels.addresses import AddressRefusedError, VettedBackend, VettedTransport, refusal
from sensors.channels.configuration import ChannelConfig, WebhookDestination, build_channels
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import HttpReceiver, http_receiver
from warehouse.home import Home

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
REFUSED = {
    "127.0.0.1": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback", "64:ff9b::7f00:1": "loopback",
    "2002:7f00:1::": "loopback", "10.1.2.3": "private", "172.16.0.1": "private", "192.168.1.1": "private",
    "fd00:ec2::254": "private", "::ffff:10.0.0.1": "private", "169.254.169.254": "link-local",
    "fe80::1%eth0": "link-local", "::ffff:a9fe:a9fe": "link-local", "100.100.100.200": "reserved",
    "224.0.0.1": "multicast", "ff02::1": "multicast", "::": "unspecified", "0.0.0.1": "private",
    "::127.0.0.1": "reserved", "255.255.255.255": "private",
}  # fmt: skip
Run = Callable[..., DeliveryReport]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


def test_only_public_addresses_are_taken() -> None:
    assert {address: refusal(address) for address in PUBLIC} == dict.fromkeys(PUBLIC)
    assert {address: refusal(address) for address in REFUSED} == REFUSED


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_a_webhook_into_our_own_network_needs_leave(  # noqa: PLR0917
    ledger: Ledger, home: Home, clock: Clock, publish: Publish, receiver: HttpReceiver, host: str
) -> None:
    url = receiver.url.replace("127.0.0.1", host) + "/hook"

    def run(snapshot: Any, **options: bool) -> DeliveryReport:
        config = ChannelConfig(webhook=WebhookDestination(url, "whsec-5f0c7c1d", **options))
        channels = build_channels(config, home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    refused = run(publish([decision("p0", "expansion_prompt")]))
    assert not receiver.seen and refused.by_state["failed"] == 1
    assert "the webhook's address is loopback" in (ledger.get("p0").last_error or "")
    clock.forward(minutes=5)
    if host.startswith("["):
        return  # the receiver listens at IPv4 only
    assert run(None, allow_private=True).by_state["delivered"] == 1 and len(receiver.taken) == 1


class Recording(httpcore.MockBackend):
    """Answers every connection, and notes where it went."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
        self.connected: list[str] = []

    def connect_tcp(self, host: str, *given: Any, **named: Any) -> httpcore.NetworkStream:
        self.connected.append(host)
        return super().connect_tcp(host, *given, **named)


def test_the_connection_goes_to_the_address_that_was_looked_at_whatever_the_name_means_next() -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    network = Recording()
    backend = VettedBackend(lambda host, port: next(answers), network)
    request = httpx.Request("POST", "http://hooks.example/x", headers={"Connection": "close"}, content=b"{}")
    answer = VettedTransport(backend).handle_request(request)
    assert answer.status_code == 200 and request.headers["host"] == "hooks.example"
    with pytest.raises(AddressRefusedError, match="loopback"):
        VettedTransport(backend).handle_request(request)
    assert network.connected == ["8.8.8.8"]


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    network = Recording()
    backend = VettedBackend(lambda host, port: ["8.8.8.8", "10.0.0.7"], network)
    with pytest.raises(AddressRefusedError, match="private"):
        backend.connect_tcp("hooks.example", 443)
    assert not network.connected


def test_a_name_that_nobody_knows_is_a_refused_connection() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError(f"{host} is not known")

    with pytest.raises(httpx.ConnectError, match="not known"):
        VettedTransport(VettedBackend(unknown)).handle_request(httpx.Request("POST", "http://x.invalid/"))
