"""Which channel goes where. Nothing leaves the house unless its destination is given here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sensors.allow_list import ANYONE, AllowList, hosts_of, restricted
from sensors.channels.attributes import AttributeWriter
from sensors.channels.channel import Channel, ChannelMisconfiguredError, MessageKind
from sensors.channels.cs_platforms import CsPlatforms, platform_channels, platform_writers
from sensors.channels.email import SmtpChannel
from sensors.channels.http_exchange import base_address
from sensors.channels.hubspot import HubspotTasks
from sensors.channels.hubspot_api import HubspotApi
from sensors.channels.hubspot_attributes import HubspotCompanies
from sensors.channels.intercom import MESSAGE_TYPES, IntercomChannel
from sensors.channels.intercom_attributes import IntercomAttributeWriter
from sensors.channels.local_sink import LocalSink
from sensors.channels.salesforce import SalesforceAccounts, SalesforceTasks
from sensors.channels.salesforce_api import SalesforceApi
from sensors.channels.slack import SlackWebhookChannel
from sensors.channels.slack_bot import SlackBotChannel
from sensors.channels.unsubscribing import Unsubscribing
from sensors.channels.webhook import WebhookChannel
from sensors.trial import TrialChannel, TrialWriter, trial_sink
from warehouse.web_addresses import EXPECTED, is_web_address


@dataclass(frozen=True)
class SlackDestination:
    """A Slack incoming webhook. The URL is a secret: whoever has it can post. `setting`: what holds it."""

    webhook_url: str = field(repr=False)
    timeout_seconds: float = 10.0
    setting: str = "TIERLINE_SLACK_WEBHOOK_URL"


@dataclass(frozen=True)
class SlackBotDestination:
    """A Slack app's bot. `fallback_channel` (`#name` or id) gets what is for people Slack does not know."""

    token: str = field(repr=False)
    base_url: str = "https://slack.com/api/"
    fallback_channel: str | None = None
    timeout_seconds: float = 10.0


@dataclass(frozen=True)
class EmailDestination:
    """An SMTP relay. `starttls` upgrades a plain connection; `implicit_tls` starts with TLS (port 465).

    `takes_examples`: a relay for trials, that may get mail to addresses of nobody (`.example`).
    """

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
    takes_examples: bool = False


@dataclass(frozen=True)
class WebhookDestination:
    """A receiver of signed JSON. `secret` is shared with it. `allow_private`: it may stand in our network."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    timeout_seconds: float = 10.0
    allow_private: bool = False


@dataclass(frozen=True)
class IntercomDestination:
    """An Intercom workspace. `admin_id` is who messages come from; `message_type` in_app or email."""

    access_token: str = field(repr=False)
    admin_id: str
    base_url: str = "https://api.intercom.io"
    message_type: str = "in_app"
    timeout_seconds: float = 10.0


@dataclass(frozen=True)
class HubspotDestination:
    """A HubSpot account, by a private app's token. `action_property` is the task property for action ids."""

    access_token: str = field(repr=False)
    base_url: str = "https://api.hubapi.com"
    action_property: str = "tierline_action_id"
    timeout_seconds: float = 20.0


@dataclass(frozen=True)
class SalesforceDestination:
    """An org by its My Domain and a connected app. `action_field` is the activity field for action ids."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    action_field: str = "Tierline_Action_Id__c"
    timeout_seconds: float = 20.0


def _hook(url: str, setting: str) -> str:
    """The URL, if something can be posted to it; it may hold a query. Raises `ChannelMisconfiguredError`."""
    if not is_web_address(url, may_query=True):
        raise ChannelMisconfiguredError(f"{setting} must be an address like {EXPECTED}")
    return url


@dataclass(frozen=True)
class ChannelConfig:
    """Destinations that are configured and enabled; for the others the local sink stands in.

    `allowed`: whom they may reach. `test_account`: whose messages reach nobody.
    """

    slack: SlackDestination | None = None
    email: EmailDestination | None = None
    webhook: WebhookDestination | None = None
    hubspot: HubspotDestination | None = None
    salesforce: SalesforceDestination | None = None
    # Goes before `slack` when both are there.
    slack_bot: SlackBotDestination | None = None
    intercom: IntercomDestination | None = None
    cs_platforms: CsPlatforms = field(default_factory=CsPlatforms)
    allowed: AllowList = ANYONE
    test_account: str | None = None


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
            _hook(config.slack.webhook_url, config.slack.setting),
            timeout_seconds=config.slack.timeout_seconds,
            now=now,
        )
    if config.slack_bot:
        channels["slack"] = SlackBotChannel(
            config.slack_bot.token,
            base_url=base_address(config.slack_bot.base_url, "TIERLINE_SLACK_BASE_URL"),
            fallback_channel=config.slack_bot.fallback_channel,
            timeout_seconds=config.slack_bot.timeout_seconds,
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
            takes_examples=config.email.takes_examples,
        )
    if config.webhook:
        channels["webhook"] = WebhookChannel(
            _hook(config.webhook.url, "TIERLINE_WEBHOOK_URL"),
            secret=config.webhook.secret,
            timeout_seconds=config.webhook.timeout_seconds,
            allow_private=config.webhook.allow_private,
            now=now,
        )
    if config.hubspot:
        channels["hubspot"] = HubspotTasks(
            _hubspot(config.hubspot, now),
            action_property=config.hubspot.action_property,
            timeout_seconds=config.hubspot.timeout_seconds,
            now=now,
        )
    if config.salesforce:
        channels["salesforce"] = SalesforceTasks(
            _salesforce(config.salesforce, now),
            action_field=config.salesforce.action_field,
            timeout_seconds=config.salesforce.timeout_seconds,
            now=now,
        )
    if config.intercom:
        channels["intercom"] = _intercom(config.intercom, now)
    channels |= platform_channels(config.cs_platforms, now=now)
    channels = {
        name: restricted(name, channel, config.allowed, _destination_of(config, name))
        for name, channel in channels.items()
    }
    if config.test_account:
        channels = {
            name: TrialChannel(channel, config.test_account, trial_sink(outbox, name, now))
            for name, channel in channels.items()
        }
    return channels


def build_writers(
    config: ChannelConfig, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> dict[str, AttributeWriter]:
    """A writer for every configured system that keeps attributes of accounts, keyed by the system; of those
    only that the environment may reach.

    Opens no connection. Raises `ChannelMisconfiguredError`.
    """
    writers: dict[str, AttributeWriter] = {}
    if config.hubspot:
        writers["hubspot"] = HubspotCompanies(_hubspot(config.hubspot, now))
    if config.salesforce:
        writers["salesforce"] = SalesforceAccounts(_salesforce(config.salesforce, now))
    if config.intercom:
        writers["intercom"] = IntercomAttributeWriter(
            config.intercom.access_token,
            base_url=base_address(config.intercom.base_url, "TIERLINE_TO_INTERCOM_BASE_URL"),
            timeout_seconds=config.intercom.timeout_seconds,
            now=now,
        )
    writers |= platform_writers(config.cs_platforms, now=now)
    writers = {
        system: writer
        for system, writer in writers.items()
        if config.allowed.reaches(hosts_of(_destination_of(config, system)))
    }
    if config.test_account:
        return {system: TrialWriter(writer, config.test_account) for system, writer in writers.items()}
    return writers


def _destination_of(config: ChannelConfig, channel: str) -> object | None:
    """The settings of what stands behind a channel; None: the local sink."""
    if channel == MessageKind.SLACK and config.slack_bot:
        return config.slack_bot
    return getattr(config, channel, None) or getattr(config.cs_platforms, channel, None)


def _hubspot(given: HubspotDestination, now: Callable[[], datetime]) -> HubspotApi:
    return HubspotApi(
        base_address(given.base_url, "TIERLINE_TO_HUBSPOT_BASE_URL"),
        access_token=given.access_token,
        timeout_seconds=given.timeout_seconds,
        now=now,
    )


def _salesforce(given: SalesforceDestination, now: Callable[[], datetime]) -> SalesforceApi:
    return SalesforceApi(
        base_address(given.base_url, "TIERLINE_TO_SALESFORCE_BASE_URL"),
        client_id=given.client_id,
        client_secret=given.client_secret,
        timeout_seconds=given.timeout_seconds,
        now=now,
    )


def _intercom(given: IntercomDestination, now: Callable[[], datetime]) -> IntercomChannel:
    if not (given.admin_id.isascii() and given.admin_id.isdigit()):
        raise ChannelMisconfiguredError("TIERLINE_TO_INTERCOM_ADMIN_ID must be a number")
    if given.message_type not in MESSAGE_TYPES:
        raise ChannelMisconfiguredError("TIERLINE_TO_INTERCOM_MESSAGE_TYPE must be in_app or email")
    return IntercomChannel(
        given.access_token,
        base_url=base_address(given.base_url, "TIERLINE_TO_INTERCOM_BASE_URL"),
        admin_id=given.admin_id,
        message_type=given.message_type,
        timeout_seconds=given.timeout_seconds,
        now=now,
    )
