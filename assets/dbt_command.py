"""What dbt is called with, and in which environment. Pure: nothing is run or read here."""

from collections.abc import Collection, Mapping
from pathlib import Path

from warehouse.home import Home


def build_arguments() -> list[str]:
    """Seeds, models and data tests in one invocation. Unit tests test SQL, not data: they run in CI."""
    return ["build", "--exclude-resource-type", "unit_test"]


def excluded(systems: Collection[str]) -> str | None:
    """Selects what belongs to these systems: models by their folders' tag, raw tables' tests by source."""
    return " ".join(f"tag:feed_{system} source:raw_{system}" for system in sorted(systems)) or None


def environment(home: Home) -> Mapping[str, str]:
    """What the profile and dbt itself read from the environment."""
    return {
        "TIERLINE_WAREHOUSE": str(home.warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        # Its debug log is a megabyte a run.
        "DBT_LOG_LEVEL_FILE": "info",
    }


def target_path(home: Home) -> Path:
    """One folder for every run, so that dbt finds its last parse there and reads only what changed since."""
    return home.dbt / "target"
