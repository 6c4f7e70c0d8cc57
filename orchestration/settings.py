"""Every setting Tierline reads from the environment, read once, here, and handed down as plain values."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError
from pydantic_settings import SettingsConfigDict

from assets.checks.tolerance import Tolerance
from assets.sources.settings import ConnectorSettings, ConnectorSettingsError
from orchestration.systems import SwitchError, connected_systems, is_of_a_system
from sensors.environment import DeliveryEnvironment

PREFIX = "TIERLINE_"
REPOSITORY = Path(__file__).resolve().parents[1]

Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Port = Annotated[int, Field(ge=1, le=65535)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class SettingsError(ValueError):
    """The environment holds a value Tierline cannot use, or a variable it does not know."""


class Settings(DeliveryEnvironment):
    """One field per `TIERLINE_*` variable, delivery's among them; `.env.example` documents each.

    An empty value means "not set".
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=None, env_ignore_empty=True, extra="forbid", frozen=True
    )

    data: Path | None = None
    mapping: Path | None = None
    schedule: Text = "15 */2 * * *"
    run_retries: int = Field(default=2, ge=0, le=10)
    warehouse_wait_seconds: float = Field(default=60, ge=0)
    host: Text = "127.0.0.1"
    port: Port = 3000
    snapshot_stale_hours: int = Field(default=26, ge=1)
    simulated_accounts: int = Field(default=1_000, ge=1)
    simulated_months: int = Field(default=18, ge=1)

    quality_max_quarantined_ratio: Ratio = 0.10
    quality_max_duplicate_ratio: Ratio = 0.10
    quality_max_future_ratio: Ratio = 0.01
    quality_clock_skew_minutes: int = Field(default=60, ge=0)

    _systems: Mapping[str, ConnectorSettings] = PrivateAttr(default_factory=dict)

    @property
    def systems(self) -> Mapping[str, ConnectorSettings]:
        """The connected systems and their settings, in the order they are loaded."""
        return self._systems

    def connected_to(self, systems: Mapping[str, ConnectorSettings]) -> "Settings":
        """The same settings, with these systems connected."""
        copy = self.model_copy()
        copy._systems = dict(systems)
        return copy

    @property
    def tolerance(self) -> Tolerance:
        return Tolerance(
            max_quarantined_ratio=self.quality_max_quarantined_ratio,
            max_duplicate_ratio=self.quality_max_duplicate_ratio,
            max_future_ratio=self.quality_max_future_ratio,
            clock_skew_minutes=self.quality_clock_skew_minutes,
        )


def variables() -> tuple[str, ...]:
    """The environment variables that mean something here, in the order of `Settings`."""
    return tuple(f"{PREFIX}{name.upper()}" for name in Settings.model_fields)


def read_settings(environment: Mapping[str, str] | None = None, /, **given: object) -> Settings:
    """Read the environment; `given` (a command line's options) wins over it.

    `environment`: what connectors read, if not the process's own. Raises `SettingsError`, naming each
    variable and what it may be. An unknown `TIERLINE_*` variable is an error too: a mistyped name would
    otherwise be a setting that silently does nothing.
    """
    environment = os.environ if environment is None else environment
    try:
        systems = connected_systems(environment)
    except (ConnectorSettingsError, SwitchError) as error:
        raise SettingsError(str(error)) from None
    unknown = sorted(unknown_variables(environment, systems))
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; .env.example lists the ones there are")
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = "; ".join(
            f"{PREFIX}{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise SettingsError(f"{wrong} (see .env.example)") from None
    return settings.connected_to(systems)


def unknown_variables(environment: Mapping[str, str], systems: Mapping[str, ConnectorSettings]) -> set[str]:
    """`TIERLINE_*` names in `environment` that no setting stands for. `TIERLINE_WAREHOUSE` is dbt's own."""
    known = {*variables(), "TIERLINE_WAREHOUSE"}
    return {
        name
        for name in environment
        if name.startswith(PREFIX) and name not in known and not is_of_a_system(name, systems)
    }
