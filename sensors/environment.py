"""What the command line reads from the environment: the same variables as the pipeline (`.env.example`)."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL

from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    SlackDestination,
    WebhookDestination,
)
from sensors.channels.unsubscribing import Unsubscribing
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
    smtp_implicit_tls: bool = False
    smtp_ca_file: Path | None = None
    unsubscribe_url: str | None = None
    unsubscribe_secret: SecretStr | None = None
    webhook_enabled: bool = False
    webhook_url: SecretStr | None = None
    webhook_secret: SecretStr | None = None

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
