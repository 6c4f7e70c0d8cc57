"""The assets `raw_<system>/<table>` of a connected system: one load gives all of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)
from sqlalchemy.engine import make_url

from assets.connected import note_connected
from assets.failures import final
from assets.raw_tables import holds_rows, note_changes, raw_key
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.sources.connector import Connector, ConnectorError, TableLoad
from assets.sources.registry import connector
from assets.sources.settings import ConnectorSettings
from assets.telling import paced, telling

Connected = tuple[Connector[Any], ConnectorSettings]

LEDGER = "ledger"
# Named here as well, so that its connector need not be imported before there is a ledger.
LEDGER_TABLES = ("deliveries", "delivery_events", "knowledge_events", "address_events", "reply_events")


def system_tables(system: str, settings: ConnectorSettings, *, retry_policy: RetryPolicy) -> AssetsDefinition:
    """What a system is read into. Imports its connector."""
    found = connector(system)
    return _loaded(
        system, found.table_names, lambda: (found, settings), is_feed=True, retry_policy=retry_policy
    )


def ledger_tables(address: str, *, retry_policy: RetryPolicy) -> AssetsDefinition:
    """What became of decided actions, read like any other system's rows; `address` is the ledger's URL."""

    def ledger() -> Connected | None:
        url = make_url(address)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            return None
        from assets.sources.ledger import CONNECTOR, LedgerSettings  # noqa: PLC0415 - takes a second

        return CONNECTOR, LedgerSettings.model_validate({"url": address})

    return _loaded(LEDGER, LEDGER_TABLES, ledger, is_feed=False, retry_policy=retry_policy)


def _loaded(
    system: str,
    tables: Sequence[str],
    connected: Callable[[], Connected | None],
    *,
    is_feed: bool,
    retry_policy: RetryPolicy,
) -> AssetsDefinition:
    """`is_feed`: what comes from here is scored, so its load starts the models."""

    @multi_asset(
        name=f"load_{system}",
        specs=[
            AssetSpec(
                raw_key(system, table),
                group_name="raw",
                description=f"{system}'s `{table}`, as loaded.",
                skippable=True,
            )
            for table in tables
        ],
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def load_system(
        context: AssetExecutionContext, workplace: Workplace
    ) -> Iterator[MaterializeResult[None]]:
        now = datetime.now(UTC)
        started = time.monotonic()
        # A connector opens the database itself; this waits for whoever holds it.
        with workplace.warehouse():
            note_connected(workplace.home, system)
        given = connected()
        if given is None:
            telling(context.log)("not there yet")
            return
        found, settings = given
        try:
            # A connector tries again by itself what may get better.
            with final(ConnectorError):
                loads = found.load(
                    workplace.home.warehouse,
                    settings,
                    places=workplace.places,
                    now=now,
                    tell=paced(telling(context.log)),
                )
        finally:
            # What came before a failure is loaded, and what is not there is for the models to notice.
            with workplace.warehouse() as connection:
                if is_feed and holds_rows(connection):
                    note_changes(context, connection, is_live=True, now=now)
                standing = _standing_rows(connection, system)
        seconds = round(time.monotonic() - started, 2)
        for each in loads:
            yield MaterializeResult(
                raw_key(system, each.table), metadata=_metadata(each, standing.get(each.table, 0), seconds)
            )
        telling(context.log)(_told(loads))

    return load_system


def _standing_rows(connection: duckdb.DuckDBPyConnection, system: str) -> dict[str, int]:
    """Rows of each of a system's tables, versions included."""
    names = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? and not starts_with(table_name, '_')",
        [f"raw_{system}"],
    ).fetchall()
    counted = {}
    for (name,) in names:
        row = connection.execute(f'select count(*) from raw_{system}."{name}"').fetchone()
        counted[str(name)] = int(row[0]) if row else 0
    return counted


def _metadata(load: TableLoad, standing: int, seconds: float) -> dict[str, int | float]:
    """Counts of this load; `seconds` is the whole load's, `dagster/row_count` what stands after it."""
    return {
        "dagster/row_count": standing,
        "rows in": load.rows_in,
        "rows loaded": load.rows_loaded,
        "rows duplicate": load.rows_duplicate,
        "rows quarantined": load.rows_quarantined,
        "seconds": seconds,
    }


def _told(loads: Sequence[TableLoad]) -> str:
    new = {each.table: each.rows_loaded for each in loads if each.rows_loaded}
    return ", ".join(f"{rows:,} {table}" for table, rows in new.items()) or "nothing new"
