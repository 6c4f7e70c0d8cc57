"""How the vendors behave: secrets, rate limits, faults, identity noise. Read from a JSON file."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from simulator.scenario import ScenarioError
from simulator.vendors.drift import Drift
from simulator.vendors.faults import Fault
from simulator.vendors.identities import Noise
from simulator.vendors.rate_limits import Limit
from simulator.vendors.split import Split


class SettingsError(ScenarioError):
    """The settings can't be used; the message says what to change."""


@dataclass(frozen=True)
class Settings:
    """`limits` replace a vendor's documented one; a limit of 0 requests switches it off. `page_most` makes
    the pages smaller whose size the vendor chooses. `custom_fields`: more fields by vendor and object.
    `split`: which vendor shows what; without it each shows everything. `segment_archive`: write Segment's
    files while the company lives, not only when somebody lists them (a split that gives Segment a channel
    does so, too).
    """

    seed: int = 7
    secrets: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    drift: tuple[Drift, ...] = ()
    clock_skew_seconds: dict[str, int] = field(default_factory=dict)
    page_most: dict[str, int] = field(default_factory=dict)
    custom_fields: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    noise: Noise = field(default_factory=Noise)
    split: Split | None = None
    segment_archive: bool = False

    def secret_of(self, vendor: str) -> str:
        """The API key, token, password or signing secret that opens a vendor."""
        return self.secrets.get(vendor, f"simulated-{vendor}")

    @property
    def archives(self) -> bool:
        """Whether Segment's files are written while the company lives."""
        return self.segment_archive or (self.split is not None and bool(self.split.channels("segment")))

    @classmethod
    def read(cls, path: Path) -> "Settings":
        try:
            return cls.of(json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise SettingsError(f"{path}: {error}") from error

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Settings":
        """From plain values. Raises SettingsError for a name that is not a setting."""
        unknown = sorted(set(given) - {each.name for each in fields(cls)})
        if unknown:
            raise SettingsError(f"{unknown[0]!r} is no setting; there are: {_names(cls)}")
        known = dict(given)
        if "limits" in known:
            known["limits"] = {vendor: Limit(**limit) for vendor, limit in known["limits"].items()}
        if "faults" in known:
            known["faults"] = tuple(Fault(**fault) for fault in known["faults"])
        if "drift" in known:
            known["drift"] = tuple(Drift.of(drift) for drift in known["drift"])
        if "noise" in known:
            known["noise"] = Noise(**known["noise"])
        known["split"] = Split.of(known.get("split"), known.get("seed", cls.seed))
        return cls(**known)


def _names(kind: type[Settings]) -> str:
    return ", ".join(each.name for each in fields(kind))
