"""What the command line reads from the environment: the same variables as the pipeline (`.env.example`)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL

from sensors.channels.churnzero import ChurnzeroDestination
from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    SlackDestination,
    WebhookDestination,
)
from sensors.channels.cs_platforms import CsPlatforms
from sensors.channels.gainsight import GainsightDestination
from sensors.channels.totango import TotangoDestination
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
    ledger_url: SecretStr | None = None
    slack_enabled: bool = False
    slack_webhook_url: SecretStr | None = None
    email_enabled: bool = False
    smtp_host: str | None = None
    smtp_port: int = 587
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = True
    smtp_from: str | None = None
    webhook_enabled: bool = False
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None
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

    @property
    def state(self) -> Home:
        """Relative paths are taken from the repository, as `make` does."""
        return Home(self.home if self.home.is_absolute() else _REPOSITORY / self.home)

    @property
    def ledger_address(self) -> str:
        if self.ledger_url is not None:
            return self.ledger_url.get_secret_value()
        return URL.create("sqlite", database=str(self.state.ledger)).render_as_string(hide_password=False)

    def channels(self) -> ChannelConfig:
        """The enabled destinations. Raises `IncompleteChannelError`."""
        return ChannelConfig(
            slack=SlackDestination(_given("slack_webhook_url", self.slack_webhook_url))
            if self.slack_enabled
            else None,
            email=self._email() if self.email_enabled else None,
            webhook=WebhookDestination(
                url=_given("webhook_url", self.webhook_url),
                secret=_given("webhook_secret", self.webhook_secret),
            )
            if self.webhook_enabled
            else None,
            cs_platforms=self._cs_platforms(),
        )

    def _email(self) -> EmailDestination:
        return EmailDestination(
            host=_given("smtp_host", self.smtp_host),
            sender=_given("smtp_from", self.smtp_from),
            port=self.smtp_port,
            username=self.smtp_username,
            password=self.smtp_password.get_secret_value() if self.smtp_password else None,
            starttls=self.smtp_starttls,
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


def _given(name: str, value: SecretStr | str | None) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not text:
        raise IncompleteChannelError(
            f"set TIERLINE_{name.upper()}, or switch the channel off (TIERLINE_<CHANNEL>_ENABLED=false)"
        )
    return text
