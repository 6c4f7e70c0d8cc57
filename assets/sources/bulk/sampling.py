"""A few rows of an export as they would be loaded, without a warehouse."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from assets.sources.bulk.loading import begun
from assets.sources.bulk.schema import TRAITS, EventTable
from assets.sources.bulk.staging import Export

Rows = list[Mapping[str, Any]]


def sampled(
    system: str, table: EventTable, exports: list[Export], rows: int, *, now: datetime
) -> dict[str, Rows]:
    """Rows by table: the events', the traits', and what would be rejected (`_quarantine`), where there is
    any."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        load = begun(connection, system, table, now=now, tell=lambda message: None)
        for export in exports:
            load.take(export)
        names = (table.name, TRAITS) if table.traits else (table.name,)
        found = {name: _rows(connection, f"{load.schema}.{name}", rows) for name in names}
        rejected = _rows(connection, load.quarantine, rows)
        return found | ({"_quarantine": rejected} if rejected else {})


def _rows(connection: duckdb.DuckDBPyConnection, relation: str, most: int) -> Rows:
    cursor = connection.execute(f"from {relation} limit {most}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
