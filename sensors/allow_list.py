"""Whom an environment may reach: production anyone, every other one only who is on the allow-list.

An entry is an e-mail address (`ana@x.io`), everyone at a domain (`@x.io`), a Slack user or channel as the
decision names it (`U0ANARUIZ`, `#cs-alerts`), or a host (`hooks.slack.com`): whatever goes to that host may.
This machine itself (`127.0.0.1`, `localhost`) may always be called, but not to relay mail to others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlsplit

from sensors.channels.channel import Channel, Message, NotAllowedHereError, Outcome
from sensors.channels.local_sink import LocalSink
from sensors.channels.past import AsksThePast, Past

Environment = Literal["development", "production"]


class Reach(StrEnum):
    """Whom messages may go to."""

    ANYONE = "anyone"
    LISTED = "listed"


# A new environment has to be named here and everywhere it matters; there is no fallback.
REACHES: dict[Environment, Reach] = {"development": Reach.LISTED, "production": Reach.ANYONE}
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
_RELAYS = {"email"}


@dataclass(frozen=True)
class AllowList:
    """Whom messages may go to. `entries` mean nothing where `reach` is anyone."""

    reach: Reach = Reach.ANYONE
    entries: frozenset[str] = frozenset()

    def allows(self, recipient: str, *, channel: str, hosts: frozenset[str]) -> bool:
        """`hosts`: where the channel's requests go."""
        if self.reach is Reach.ANYONE or (channel not in _RELAYS and hosts and hosts <= _THIS_MACHINE):
            return True
        address = recipient.strip().lower()
        _, at, domain = address.rpartition("@")
        named = {address, f"@{domain}"} if at else {address}
        return bool(self.entries & named) or (bool(hosts) and hosts <= self.entries)

    def reaches(self, hosts: frozenset[str]) -> bool:
        """Whether something that has no recipient, such as a score, may be written to these hosts."""
        return self.reach is Reach.ANYONE or (bool(hosts) and hosts <= self.entries | _THIS_MACHINE)


ANYONE = AllowList()


def allow_list(environment: Environment, listed: str) -> AllowList:
    """`listed`: entries parted by commas."""
    entries = frozenset(entry.strip().lower() for entry in listed.split(",") if entry.strip())
    return AllowList(REACHES[environment], entries)


def hosts_of(destination: object) -> frozenset[str]:
    """The hosts a destination's settings name: in every web address, and in the field `host`."""
    found = set()
    for field in fields(destination):  # type: ignore[arg-type]
        value = getattr(destination, field.name)
        if isinstance(value, str):
            host = value if field.name == "host" else urlsplit(value).hostname if "://" in value else None
            found.add((host or "").lower())
    return frozenset(found - {""})


class RestrictedChannel:
    """A channel that only sends to whom the allow-list names; the others' messages never reach it."""

    def __init__(self, inner: Channel, name: str, allowed: AllowList, hosts: frozenset[str]) -> None:
        self._inner = inner
        self._name, self._allowed, self._hosts = name, allowed, hosts
        self.destination = inner.destination
        self.batch_size = inner.batch_size
        self.seconds_per_message = inner.seconds_per_message

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        withheld = [self.withholds(message) for message in messages]
        outcomes = iter(
            self._inner.send([message for message, why in zip(messages, withheld, strict=True) if not why])
        )
        for why in withheld:
            yield why or next(outcomes)

    def withholds(self, message: Message) -> NotAllowedHereError | None:
        if self._allowed.allows(message.recipient, channel=self._name, hosts=self._hosts):
            return None
        return NotAllowedHereError(
            f"{message.recipient} is not in TIERLINE_ALLOWED_RECIPIENTS, and only production may reach anyone"
        )

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return self._inner.look_up(action_ids)

    def close(self) -> None:
        self._inner.close()

    def remember(self, past: Past) -> None:
        """Said outright: a check for a protocol does not see what `__getattr__` passes on."""
        if isinstance(self._inner, AsksThePast):
            self._inner.remember(past)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def restricted(name: str, channel: Channel, allowed: AllowList, destination: object | None) -> Channel:
    """The channel as the allow-list lets it be; `destination`: its settings, if it has any."""
    if allowed.reach is Reach.ANYONE or channel.destination == LocalSink.destination:
        return channel
    hosts = hosts_of(destination) if destination is not None else frozenset()
    return RestrictedChannel(channel, name, allowed, hosts)
