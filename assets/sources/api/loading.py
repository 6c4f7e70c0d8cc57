"""Loading a system: one dlt pipeline into the warehouse, package after package, each accounted for.

A package holds rows, rejected rows, counts and cursors; dlt commits it as one. The warehouse knows best
where a load stands: with no package in hand, the working folder is made anew from it.
"""

import gc
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import dlt
import duckdb
from dlt.extract.source import DltSource
from dlt.pipeline.pipeline import Pipeline

from assets.sources import load_log
from assets.sources.api import quarantine, received
from assets.sources.api.errors import ApiError, CredentialsRefusedError, LoadIncompleteError
from assets.sources.api.extraction import Extraction
from assets.sources.api.settings import ApiSettings
from assets.sources.api.standing import standing_keys, standing_rows
from assets.sources.api.streams import Stream
from assets.sources.api.tables import Table
from assets.sources.connector import Places, TableLoad, Tell
from assets.sources.load_log import RowCounts
from assets.sources.sql import one_row

# More than a page's rows are made of.
_OBJECTS_BETWEEN = 500_000
MakeSource = Callable[[Extraction], DltSource]


def load(
    system: str,
    tables: Sequence[Table],
    streams: Sequence[Stream],
    make_source: MakeSource,
    settings: ApiSettings,
    *,
    warehouse: Path,
    places: Places,
    now: datetime,
    tell: Tell,
) -> list[TableLoad]:
    """As `Connector.load`: raises the failure of a stream, `LoadIncompleteError` for those of several."""
    warehouse.parent.mkdir(parents=True, exist_ok=True)
    places.state.mkdir(parents=True, exist_ok=True)
    # One connection for all: dlt would open and close the file a dozen times.
    with duckdb.connect(str(warehouse)) as connection, _rare_collections():
        connection.execute("set timezone = 'UTC'")
        account = _Account(connection, system, tables, places.quarantine / system)
        base = places.state / f"{system}.base"
        pipeline = _pipeline(system, connection, places.state)
        _finish_pending(pipeline, account, base, tell)
        read = {table for stream in streams for table in stream.tables}
        unread = [table.name for table in tables if table.name not in read]
        load_log.note_switched_off(connection, system, unread)
        # What came later has to be dated later, whatever clock `now` is from.
        begin = max(now, received.last_moment(connection, system).replace(tzinfo=UTC))
        extraction = Extraction(
            begin,
            tell,
            settings.package_rows,
            settings.shrink_limit,
            settings.drift_limit,
            is_strict=False,
            unresolved=lambda table: quarantine.unresolved(connection, system, table.name),
            formless=lambda table: quarantine.unresolved(connection, system, table.name, is_judged=False),
            standing=partial(standing_rows, connection, system),
            standing_keys=partial(standing_keys, connection, system),
        )
        while True:
            base.write_text(account.last_package())
            pipeline.run(make_source(extraction))
            account.write()
            if not extraction.unfinished:
                break
            extraction = extraction.following()
        account.close(streams, extraction)
    # All of it is in the warehouse, from which the next load begins.
    shutil.rmtree(pipeline.working_dir, ignore_errors=True)
    _raise(extraction.failures)
    return account.loads


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Rows are trees, which go when they are done with; looking for cycles among them costs a fifth of a
    load.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _pipeline(system: str, connection: duckdb.DuckDBPyConnection, state: Path) -> Pipeline:
    # Kept in this process's memory. Nothing phones home, and dlt's hints are for developers.
    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["load.workers"] = 1
    pipeline = dlt.pipeline(
        pipeline_name=system,
        # A listing that replaces another does so in one transaction.
        destination=dlt.destinations.duckdb(connection, replace_strategy="insert-from-staging"),
        dataset_name=f"raw_{system}",
        pipelines_dir=str(state),
    )
    logging.getLogger("dlt").setLevel(logging.ERROR)
    return pipeline


def _finish_pending(pipeline: Pipeline, account: "_Account", base: Path, tell: Tell) -> None:
    """Complete the package of a killed load, if it follows on what the warehouse holds; then start afresh."""
    if pipeline.has_pending_data:
        known = base.read_text() if base.exists() else ""
        pending = {*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()}
        if account.last_package() in {known, *pending}:
            tell("completing the load that was interrupted")
            pipeline.run(loader_file_format="parquet")
        else:
            tell("an interrupted load belongs to another state of the warehouse; its rows are read again")
    if not pipeline.first_run or pipeline.has_pending_data:
        pipeline.drop()
    account.write()


@dataclass
class _Account:
    """The account of a load: packages into the load log, rejected rows into files."""

    connection: duckdb.DuckDBPyConnection
    system: str
    tables: Sequence[Table]
    quarantine: Path

    def __post_init__(self) -> None:
        self._totals = dict.fromkeys((table.name for table in self.tables), RowCounts(0, 0, 0, 0))

    @property
    def loads(self) -> list[TableLoad]:
        return [
            TableLoad(name, each.rows_in, each.rows_loaded, each.rows_duplicate, each.rows_quarantined)
            for name, each in self._totals.items()
        ]

    def write(self) -> None:
        """Log the packages that are not yet, settle the quarantine, export it."""
        for table, counts in received.log_packages(self.connection, self.system):
            if table in self._totals:
                self._totals[table] = self._totals[table].plus(counts)
        quarantine.settle(self.connection, self.system, self.tables)
        quarantine.export(self.connection, self.system, self.tables, self.quarantine)

    def close(self, streams: Sequence[Stream], extraction: Extraction) -> None:
        """Log the tables that were read, and had nothing."""
        looked_at = {table for each in streams if each.name in extraction.finished for table in each.tables}
        quiet = [name for name, counts in self._totals.items() if not counts.rows_in and name in looked_at]
        received.log_quiet_tables(self.connection, self.system, quiet, extraction.now, extraction.moment)

    def last_package(self) -> str:
        """dlt's name of the last package that the warehouse holds in full; empty: none."""
        if not received.has_table(self.connection, self.system, "_dlt_loads"):
            return ""
        query = f"select coalesce(max(load_id), '') from raw_{self.system}._dlt_loads where status = 0"
        return str(one_row(self.connection, query)[0])


def _raise(failures: dict[str, ApiError]) -> None:
    for error in failures.values():
        if isinstance(error, CredentialsRefusedError) or len(failures) == 1:
            raise error
    if failures:
        words = "; ".join(f"{stream}: {error}" for stream, error in failures.items())
        raise LoadIncompleteError(f"{len(failures)} streams could not be read: {words}")
