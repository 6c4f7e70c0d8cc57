"""Loading a system: one dlt pipeline into the warehouse, package after package, each accounted for.

A package holds rows, rejected rows, counts and cursors; dlt commits it as one. The warehouse knows best
where a load stands: with no package in hand, the working folder is made anew from it.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
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
from assets.sources.api.streams import Stream
from assets.sources.api.tables import Table
from assets.sources.connector import Places, TableLoad, Tell

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
    base = places.state / f"{system}.base"
    pipeline = _pipeline(system, warehouse, places.state)
    _finish_pending(pipeline, warehouse, base, tell)
    totals = dict.fromkeys((table.name for table in tables), load_log.RowCounts(0, 0, 0, 0))
    _account(system, tables, warehouse, places, totals)
    extraction = Extraction(now, tell, settings.package_rows, settings.shrink_limit, is_strict=False)
    while True:
        base.write_text(_last_package(warehouse, system))
        pipeline.run(make_source(extraction))
        _account(system, tables, warehouse, places, totals)
        if not extraction.unfinished:
            break
        extraction = extraction.following()
    looked_at = {table for each in streams if each.name in extraction.finished for table in each.tables}
    quiet = [name for name, counts in totals.items() if not counts.rows_in and name in looked_at]
    with duckdb.connect(str(warehouse)) as connection:
        received.log_quiet_tables(connection, system, quiet, extraction.now, extraction.moment)
    _raise(extraction.failures)
    return [
        TableLoad(name, each.rows_in, each.rows_loaded, each.rows_duplicate, each.rows_quarantined)
        for name, each in totals.items()
    ]


def _pipeline(system: str, warehouse: Path, state: Path) -> Pipeline:
    state.mkdir(parents=True, exist_ok=True)
    # Kept in this process's memory. Nothing phones home, and dlt's hints are for developers.
    dlt.config["runtime.dlthub_telemetry"] = False
    dlt.config["load.workers"] = 1
    pipeline = dlt.pipeline(
        pipeline_name=system,
        # A listing that replaces another does so in one transaction.
        destination=dlt.destinations.duckdb(str(warehouse), replace_strategy="insert-from-staging"),
        dataset_name=f"raw_{system}",
        pipelines_dir=str(state),
    )
    logging.getLogger("dlt").setLevel(logging.ERROR)
    return pipeline


def _finish_pending(pipeline: Pipeline, warehouse: Path, base: Path, tell: Tell) -> None:
    """Complete the package of a killed load, if it follows on what the warehouse holds; then start afresh."""
    if pipeline.has_pending_data:
        known = base.read_text() if base.exists() else ""
        pending = {*pipeline.list_extracted_load_packages(), *pipeline.list_normalized_load_packages()}
        last = _last_package(warehouse, pipeline.pipeline_name)
        if last == known or last in pending:
            tell("completing the load that was interrupted")
            pipeline.run(loader_file_format="parquet")
        else:
            tell("an interrupted load belongs to another state of the warehouse; its rows are read again")
    pipeline.drop()


def _last_package(warehouse: Path, system: str) -> str:
    """dlt's name of the last package that the warehouse holds in full; empty: none."""
    with duckdb.connect(str(warehouse)) as connection:
        if not received.has_table(connection, system, "_dlt_loads"):
            return ""
        rows = connection.execute(
            f"select coalesce(max(load_id), '') from raw_{system}._dlt_loads where status = 0"
        ).fetchall()
    return str(rows[0][0])


def _account(
    system: str,
    tables: Sequence[Table],
    warehouse: Path,
    places: Places,
    totals: dict[str, load_log.RowCounts],
) -> None:
    """Log the packages that are not yet, settle the quarantine, export it."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        for table, counts in received.log_packages(connection, system):
            if table in totals:
                totals[table] = totals[table].plus(counts)
        quarantine.settle(connection, system, tables)
        quarantine.export(connection, system, tables, places.quarantine / system)


def _raise(failures: dict[str, ApiError]) -> None:
    for error in failures.values():
        if isinstance(error, CredentialsRefusedError) or len(failures) == 1:
            raise error
    if failures:
        words = "; ".join(f"{stream}: {error}" for stream, error in failures.items())
        raise LoadIncompleteError(f"{len(failures)} streams could not be read: {words}")
