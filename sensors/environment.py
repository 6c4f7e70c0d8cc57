"""What the command line reads from the environment: the same variables as the pipeline (`.env.example`)."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL

from sensors.allow_list import Environment, allow_list
from sensors.channels.channel import MessageKind
from sensors.channels.churnzero import ChurnzeroDestination
from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    HubspotDestination,
    IntercomDestination,
    SalesforceDestination,
    SlackBotDestination,
    SlackDestination,
    WebhookDestination,
)
from sensors.channels.cs_platforms import CsPlatforms
from sensors.channels.gainsight import GainsightDestination
from sensors.channels.totango import TotangoDestination
from sensors.channels.unsubscribing import Unsubscribing
from sensors.operations import OperationsConfig
from sensors.pacing import Pacing
from warehouse.home import Home

_REPOSITORY = Path(__file__).resolve().parents[1]


class IncompleteChannelError(ValueError):
    """A channel is enabled but a setting it needs is missing."""


class DeliveryEnvironment(BaseSettings):
    """`TIERLINE_*`, as far as delivery needs them. An empty value means "not set"."""

    model_config = SettingsConfigDict(
        env_prefix="TIERLINE_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Path("data")
    environment: Environment = "development"
    ledger_url: SecretStr | None = None
    slack_enabled: bool = False
    slack_webhook_url: SecretStr | None = None
    slack_bot_token: SecretStr | None = None
    slack_base_url: str = "https://slack.com/api/"
    slack_fallback_channel: str | None = None
    email_enabled: bool = False
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = True
    smtp_from: str | None = None
    smtp_implicit_tls: bool = False
    smtp_ca_file: Path | None = None
    smtp_takes_examples: bool = False
    unsubscribe_url: str | None = None
    unsubscribe_secret: SecretStr | None = None
    bounces_folder: Path | None = None
    webhook_enabled: bool = False
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None
    # Messages a second; Slack's documented limit of an incoming webhook, and what most mail relays bear.
    slack_per_second: float | None = Field(default=1.0, ge=0.1)
    email_per_second: float | None = Field(default=10.0, ge=0.1)
    webhook_per_second: float | None = Field(default=None, ge=0.1)
    # Half of what the vendors document, as a message is two requests: HubSpot 100 in ten seconds, Intercom
    # 166, Gainsight and Totango 100 a minute. Salesforce and ChurnZero document none a second.
    to_hubspot_per_second: float | None = Field(default=5.0, ge=0.1)
    to_salesforce_per_second: float | None = Field(default=None, ge=0.1)
    to_intercom_per_second: float | None = Field(default=8.0, ge=0.1)
    to_gainsight_per_second: float | None = Field(default=0.8, ge=0.1)
    to_churnzero_per_second: float | None = Field(default=None, ge=0.1)
    to_totango_per_second: float | None = Field(default=0.8, ge=0.1)
    to_hubspot_enabled: bool = False
    to_hubspot_access_token: SecretStr | None = None
    to_hubspot_base_url: str = "https://api.hubapi.com"
    to_hubspot_action_property: str = Field(default="tierline_action_id", pattern=r"^[a-z][a-z0-9_]*$")
    to_salesforce_enabled: bool = False
    to_salesforce_base_url: str | None = None
    to_salesforce_client_id: str | None = None
    to_salesforce_client_secret: SecretStr | None = None
    to_salesforce_action_field: str = Field(default="Tierline_Action_Id__c", pattern=r"^[A-Za-z]\w*$")
    webhook_allow_private: bool = False
    to_intercom_enabled: bool = False
    to_intercom_access_token: SecretStr | None = None
    to_intercom_base_url: str = "https://api.intercom.io"
    to_intercom_admin_id: str | None = None
    to_intercom_message_type: str = "in_app"
    to_gainsight_enabled: bool = False
    to_gainsight_url: str | None = None
    to_gainsight_access_key: SecretStr | None = None
    to_gainsight_cta_type: str = "Risk"
    to_gainsight_cta_reason: str = "Other"
    to_gainsight_action_field: str = "Tierline_Action_Id__gc"
    to_gainsight_company_fields: dict[str, str] = Field(default_factory=dict)
    to_churnzero_enabled: bool = False
    to_churnzero_url: str | None = None
    to_churnzero_app_key: SecretStr | None = None
    to_churnzero_contact: str = "tierline"
    to_churnzero_attributes: dict[str, str] = Field(default_factory=dict)
    to_totango_enabled: bool = False
    to_totango_url: str = "https://api.totango.com"
    to_totango_tracker_url: str = "https://sdr.totango.com"
    to_totango_service_id: SecretStr | None = None
    to_totango_app_token: SecretStr | None = None
    to_totango_flow: str | None = None
    to_totango_attributes: dict[str, str] = Field(default_factory=dict)
    allowed_recipients: str = ""
    test_account: str | None = None
    operations_slack_webhook_url: SecretStr | None = None
    operations_email: str | None = None
    operations_backlog_minutes: float = Field(default=30, gt=0)

    @property
    def state(self) -> Home:
        """Relative paths are taken from the repository, as `make` does."""
        return Home(self.home if self.home.is_absolute() else _REPOSITORY / self.home)

    @property
    def mailbox(self) -> Path | None:
        """Where bounces and opt-outs come back to; relative to the repository, too."""
        return _REPOSITORY / self.bounces_folder if self.bounces_folder else None

    @property
    def unsubscribe_key(self) -> str | None:
        return self.unsubscribe_secret.get_secret_value() if self.unsubscribe_secret else None

    @property
    def ledger_address(self) -> str:
        if self.ledger_url is not None:
            return self.ledger_url.get_secret_value()
        return URL.create("sqlite", database=str(self.state.ledger)).render_as_string(hide_password=False)

    def pacing(self) -> Pacing:
        """How patiently and how fast to deliver: `TIERLINE_<CHANNEL>_PER_SECOND` of each kind of message, or
        `TIERLINE_TO_<SYSTEM>_PER_SECOND` where the system is one that is read from, too."""
        own = {name for name in type(self).model_fields if name.endswith("_per_second")}
        named = {kind.value: {f"{kind}_per_second", f"to_{kind}_per_second"} & own for kind in MessageKind}
        given = {channel: getattr(self, name) for channel, names in named.items() for name in names}
        return Pacing(per_second={channel: rate for channel, rate in given.items() if rate is not None})

    def channels(self) -> ChannelConfig:
        """The enabled destinations. Raises `IncompleteChannelError`."""
        return ChannelConfig(
            slack=SlackDestination(_given("slack_webhook_url", self.slack_webhook_url))
            if self.slack_enabled and not self.slack_bot_token
            else None,
            slack_bot=self._slack_bot() if self.slack_enabled and self.slack_bot_token else None,
            email=self._email() if self.email_enabled else None,
            webhook=WebhookDestination(
                url=_given("webhook_url", self.webhook_url),
                secret=_given("webhook_secret", self.webhook_secret),
                allow_private=self.webhook_allow_private,
            )
            if self.webhook_enabled
            else None,
            hubspot=self._hubspot() if self.to_hubspot_enabled else None,
            salesforce=self._salesforce() if self.to_salesforce_enabled else None,
            intercom=self._intercom() if self.to_intercom_enabled else None,
            cs_platforms=self._cs_platforms(),
            allowed=allow_list(self.environment, self.allowed_recipients),
            test_account=self.test_account,
        )

    def operations(self) -> OperationsConfig:
        """Where troubles are told. Raises `IncompleteChannelError`."""
        hook = self.operations_slack_webhook_url
        return OperationsConfig(
            slack=SlackDestination(hook.get_secret_value(), setting="TIERLINE_OPERATIONS_SLACK_WEBHOOK_URL")
            if hook
            else None,
            email=self._email() if self.operations_email else None,
            email_to=self.operations_email,
            backlog_after=timedelta(minutes=self.operations_backlog_minutes),
            reaches_people=self.environment == "production",
            allowed=allow_list(self.environment, self.allowed_recipients),
        )

    def _slack_bot(self) -> SlackBotDestination:
        return SlackBotDestination(
            _given("slack_bot_token", self.slack_bot_token),
            base_url=self.slack_base_url,
            fallback_channel=self.slack_fallback_channel,
        )

    def _intercom(self) -> IntercomDestination:
        return IntercomDestination(
            _given("to_intercom_access_token", self.to_intercom_access_token),
            _given("to_intercom_admin_id", self.to_intercom_admin_id),
            base_url=self.to_intercom_base_url,
            message_type=self.to_intercom_message_type,
        )

    def _email(self) -> EmailDestination:
        return EmailDestination(
            host=_given("smtp_host", self.smtp_host),
            sender=_given("smtp_from", self.smtp_from),
            port=self.smtp_port,
            username=self.smtp_username,
            password=self.smtp_password.get_secret_value() if self.smtp_password else None,
            starttls=self.smtp_starttls,
            implicit_tls=self.smtp_implicit_tls,
            ca_file=self.smtp_ca_file,
            unsubscribing=self.unsubscribing,
            takes_examples=self.smtp_takes_examples,
        )

    def _hubspot(self) -> HubspotDestination:
        return HubspotDestination(
            _given("to_hubspot_access_token", self.to_hubspot_access_token),
            base_url=self.to_hubspot_base_url,
            action_property=self.to_hubspot_action_property,
        )

    def _salesforce(self) -> SalesforceDestination:
        return SalesforceDestination(
            base_url=_given("to_salesforce_base_url", self.to_salesforce_base_url),
            client_id=_given("to_salesforce_client_id", self.to_salesforce_client_id),
            client_secret=_given("to_salesforce_client_secret", self.to_salesforce_client_secret),
            action_field=self.to_salesforce_action_field,
        )

    def _cs_platforms(self) -> CsPlatforms:
        return CsPlatforms(
            gainsight=GainsightDestination(
                url=_given("to_gainsight_url", self.to_gainsight_url),
                access_key=_given("to_gainsight_access_key", self.to_gainsight_access_key),
                cta_type=self.to_gainsight_cta_type,
                cta_reason=self.to_gainsight_cta_reason,
                action_field=self.to_gainsight_action_field,
                company_fields=self.to_gainsight_company_fields,
            )
            if self.to_gainsight_enabled
            else None,
            churnzero=ChurnzeroDestination(
                url=_given("to_churnzero_url", self.to_churnzero_url),
                app_key=_given("to_churnzero_app_key", self.to_churnzero_app_key),
                contact=self.to_churnzero_contact,
                attributes=self.to_churnzero_attributes,
            )
            if self.to_churnzero_enabled
            else None,
            totango=TotangoDestination(
                service_id=_given("to_totango_service_id", self.to_totango_service_id),
                app_token=_given("to_totango_app_token", self.to_totango_app_token),
                url=self.to_totango_url,
                tracker_url=self.to_totango_tracker_url,
                flow=self.to_totango_flow,
                attributes=self.to_totango_attributes,
            )
            if self.to_totango_enabled
            else None,
        )

    @property
    def unsubscribing(self) -> Unsubscribing | None:
        """How customers opt out, if that is set. Raises `IncompleteChannelError`."""
        if not self.unsubscribe_url:
            return None
        return Unsubscribing(self.unsubscribe_url, _given("unsubscribe_secret", self.unsubscribe_secret))


def _given(name: str, value: SecretStr | str | None) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not text:
        raise IncompleteChannelError(
            f"set TIERLINE_{name.upper()}, or switch the channel off (TIERLINE_<CHANNEL>_ENABLED=false)"
        )
    return text
