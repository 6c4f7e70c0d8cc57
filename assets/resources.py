"""What the assets are handed: where state lives, and which folder is read. Values only, no secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dagster import ConfigurableResource

from assets.failures import final
from assets.sources.connector import Places
from warehouse.home import Home
from warehouse.working import WarehouseBusyError, open_warehouse

# The pool every step that opens the working database belongs to; the instance limits it to one run.
WAREHOUSE_POOL = "warehouse"


class Workplace(ConfigurableResource):  # type: ignore[type-arg]
    """The home folder (absolute) and how long to wait, in seconds, while another process writes there."""

    root: str
    wait_seconds: float

    @property
    def home(self) -> Home:
        return Home(Path(self.root))

    @property
    def places(self) -> Places:
        """Where connectors keep what they need beside the database."""
        return Places(state=self.home.root / "dlt", quarantine=self.home.quarantine)

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with (
            final(WarehouseBusyError),
            open_warehouse(self.home.warehouse, wait_seconds=self.wait_seconds) as connection,
        ):
            yield connection


class DropFolder(ConfigurableResource):  # type: ignore[type-arg]
    """The folder of input files and, optionally, one of SQL mappings over them (absolute paths)."""

    folder: str
    mapping: str | None = None
