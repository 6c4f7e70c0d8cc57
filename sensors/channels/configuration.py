"""Which channel goes where. Nothing leaves the house unless its destination is given here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from sensors.channels.channel import Channel, ChannelMisconfiguredError, MessageKind
from sensors.channels.email import SmtpChannel
from sensors.channels.local_sink import LocalSink
from sensors.channels.slack import SlackWebhookChannel
from sensors.channels.unsubscribing import Unsubscribing
from sensors.channels.webhook import WebhookChannel


@dataclass(frozen=True)
class SlackDestination:
    """A Slack incoming webhook. The URL is a secret: whoever has it can post."""

    webhook_url: str = field(repr=False)
    timeout_seconds: float = 10.0


@dataclass(frozen=True)
class EmailDestination:
    """An SMTP relay. `starttls` upgrades a plain connection; `implicit_tls` starts with TLS (port 465)."""

    host: str
    sender: str
    port: int = 587
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    implicit_tls: bool = False
    ca_file: Path | None = None
    timeout_seconds: float = 20.0
    unsubscribing: Unsubscribing | None = None


@dataclass(frozen=True)
class WebhookDestination:
    """A receiver of signed JSON. `secret` is shared with it."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    timeout_seconds: float = 10.0


def _http_address(url: str, what: str) -> str:
    """The URL, if a request can go there. The message does not repeat it: it may be a secret."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(char.isspace() for char in url):
        raise ChannelMisconfiguredError(f"{what} must be an address like https://host/path")
    return url


@dataclass(frozen=True)
class ChannelConfig:
    """Destinations that are configured and enabled; for the others the local sink stands in."""

    slack: SlackDestination | None = None
    email: EmailDestination | None = None
    webhook: WebhookDestination | None = None


def build_channels(
    config: ChannelConfig, outbox: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, Channel]:
    """A channel for every kind a decision may name, keyed by that name. Opens no connection.

    Raises `ChannelMisconfiguredError`.
    """
    channels: dict[str, Channel] = {
        kind.value: LocalSink(outbox / f"{kind.value}.jsonl", now=now) for kind in MessageKind
    }
    if config.slack:
        channels["slack"] = SlackWebhookChannel(
            _http_address(config.slack.webhook_url, "Slack's webhook URL"),
            timeout_seconds=config.slack.timeout_seconds,
            now=now,
        )
    if config.email:
        channels["email"] = SmtpChannel(
            host=config.email.host,
            port=config.email.port,
            sender=config.email.sender,
            username=config.email.username,
            password=config.email.password,
            starttls=config.email.starttls,
            implicit_tls=config.email.implicit_tls,
            ca_file=config.email.ca_file,
            timeout_seconds=config.email.timeout_seconds,
            unsubscribing=config.email.unsubscribing,
        )
    if config.webhook:
        channels["webhook"] = WebhookChannel(
            _http_address(config.webhook.url, "the webhook's URL"),
            secret=config.webhook.secret,
            timeout_seconds=config.webhook.timeout_seconds,
            now=now,
        )
    return channels
