"""What every connector is to the rest of the house: settings, tables, `check`, `sample`, `load`.

A connector is one module `assets/sources/<system>.py` with an object `CONNECTOR` of this protocol. Those that
page through an API get it from `assets.sources.api`, those that take in files of events build it on DuckDB.
`assets.sources.registry` finds them by name without importing them all.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from assets.sources.settings import ConnectorSettings

Tell = Callable[[str], None]
SettingsT_contra = TypeVar("SettingsT_contra", bound=ConnectorSettings, contravariant=True)


@dataclass(frozen=True)
class Places:
    """Where a load may write beside the warehouse.

    `state`: working folders, one below it per system (`TIERLINE_HOME/dlt`). `quarantine`: rejected rows are
    exported to `<quarantine>/<system>/<table>.jsonl`.
    """

    state: Path
    quarantine: Path


@dataclass(frozen=True)
class TableLoad:
    """What a load did to one table. `rows_in` is the sum of the other three: rows that came, and rows of the
    quarantine that are fit by now. Those that still are not were counted when they came.
    """

    table: str
    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int


@dataclass(frozen=True)
class Finding:
    """One thing `check` looked at (`credentials`, `tickets` ...), and what to do if it is not fine.

    `is_left_out`: it cannot be read, and the rest makes sense without. `is_unreachable`: nor can anything
    else be: nobody answers at the address.
    """

    subject: str
    is_fine: bool
    detail: str
    is_left_out: bool = False
    is_unreachable: bool = False

    @property
    def state(self) -> str:
        """In a word or two, for people."""
        if not self.is_fine:
            return "FAILED"
        return "left out" if self.is_left_out else "ok"


class ConnectorError(RuntimeError):
    """A connector cannot go on; the message says what a person must do, and never holds a secret."""


class Connector(Protocol[SettingsT_contra]):
    """What the command line and the pipeline know of a system."""

    @property
    def system(self) -> str:
        """`zendesk`: the module's name, the schema's (`raw_zendesk`), and the one in `TIERLINE_ZENDESK_*`."""
        ...

    @property
    def settings_type(self) -> type[ConnectorSettings]:
        """The model that `assets.sources.settings.read_settings` makes from the environment."""
        ...

    @property
    def table_names(self) -> tuple[str, ...]:
        """Tables of `raw_<system>` it can fill, in the order they are told of."""
        ...

    def check(self, settings: SettingsT_contra) -> Iterable[Finding]:
        """Try the credentials and every permission needed; small requests, nothing is loaded. Each finding is
        told as it comes, so what is asked next is best asked for only then.
        """
        ...

    def sample(
        self, settings: SettingsT_contra, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        """(table, at most `rows` of its rows as they would be loaded), without a warehouse."""
        ...

    def load(
        self,
        warehouse: Path,
        settings: SettingsT_contra,
        *,
        places: Places,
        now: datetime,
        tell: Tell,
    ) -> list[TableLoad]:
        """Bring `raw_<system>` up to date; one entry per table of the connector, zeros where nothing came.

        `warehouse`: the DuckDB file; nobody else may have it open in another process, and no connection to it
        is left open. `now`: aware. Resumable: killed at any moment and called again, nothing is lost or
        doubled. Counts are in `raw_tierline.loads` too. Raises a `ConnectorError` when something could not be
        had; what was had until then is loaded.
        """
        ...
