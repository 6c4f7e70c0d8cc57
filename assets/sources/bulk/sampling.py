"""A few rows of an export as they would be loaded, without a warehouse; and whether it can be read at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb

from assets.sources.api.errors import GaveUpError
from assets.sources.bulk import staging
from assets.sources.bulk.loading import begun
from assets.sources.bulk.no_export import shown
from assets.sources.bulk.schema import TRAITS, EventTable
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.staging import Export, UnreadableUnitError

Rows = list[Mapping[str, Any]]


def sampled(
    system: str,
    settings: UsageSettings,
    table: EventTable,
    exports: list[Export],
    rows: int,
    *,
    now: datetime,
) -> dict[str, Rows]:
    """Rows by table: the events', the traits', and what would be rejected (`_quarantine`), where there is
    any. Raises `GaveUpError` for what is no export."""
    with duckdb.connect() as connection, _explained(system, settings):
        connection.execute("set timezone = 'UTC'")
        load = begun(connection, system, table, now=now, tell=lambda message: None)
        for export in exports:
            load.take(export)
        names = (table.name, TRAITS) if table.traits else (table.name,)
        found = {name: _rows(connection, f"{load.schema}.{name}", rows) for name in names}
        rejected = _rows(connection, load.quarantine, rows)
        return found | ({"_quarantine": rejected} if rejected else {})


def see_readable(system: str, settings: UsageSettings, export: Export) -> None:
    """Raises `GaveUpError` for what is no export, with the vendor's words."""
    with duckdb.connect() as connection, _explained(system, settings):
        staging.stage(connection, export)


@contextmanager
def _explained(system: str, settings: UsageSettings) -> Iterator[None]:
    try:
        yield
    except UnreadableUnitError as error:
        raise GaveUpError(f"{system}'s answer cannot be read: {shown(str(error), settings)}") from None


def _rows(connection: duckdb.DuckDBPyConnection, relation: str, most: int) -> Rows:
    cursor = connection.execute(f"from {relation} limit {most}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
