"""What a connector's streams give, kept as the engine keeps it, without a warehouse: quick enough to break often."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.api import ApiConnector, Stream
from assets.sources.api.streams import Reading
from assets.sources.connector import Places, TableLoad

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Kept:
    """`tables`: rows by id. Rows after the last page with a cursor are gone when the process is killed."""

    connector: ApiConnector[Any]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursors: dict[str, Any] = field(default_factory=dict)

    def read(self, settings: Any) -> dict[str, int]:
        """Rows given by table."""
        counts: dict[str, int] = {}
        for stream in self.connector.streams(settings):
            self._read(stream, counts, 10**6)
        return counts

    def read_though_killed_every(self, settings: Any, rows: int) -> None:
        for stream in self.connector.streams(settings):
            for _ in range(1000):
                try:
                    self._read(stream, {}, rows)
                except Killed:
                    continue
                break
            else:
                raise AssertionError(f"{stream.name} never came to an end")

    def _read(self, stream: Stream, counts: dict[str, int], left: int) -> None:
        whole = {table.name for table in self.connector.tables if table.is_whole}
        waiting: dict[str, dict[str, Any]] = {name: {} for name in stream.tables}
        cursor = self.cursors.get(stream.name)
        for page in stream.read(Reading(cursor, NOW, lambda message: None)):
            for table, rows in page.rows.items():
                counts[table] = counts.get(table, 0) + len(rows)
                waiting[table] |= {str(row["id"]): row for row in rows}
            if page.cursor is not None:
                self.cursors[stream.name] = page.cursor
                self._keep(waiting)
            if stream.tables[0] not in whole:
                left -= sum(map(len, page.rows.values()))
                if left <= 0:
                    raise Killed
        for table in whole & set(waiting):
            self.tables[table] = {}
        self._keep(waiting)

    def _keep(self, waiting: Mapping[str, dict[str, Any]]) -> None:
        for table, rows in waiting.items():
            self.tables.setdefault(table, {}).update(rows)
            rows.clear()


def load(connector: ApiConnector[Any], settings: Any, folder: Path) -> dict[str, TableLoad]:
    """Into `warehouse.duckdb` of the folder, by table."""
    places = Places(folder / "dlt", folder / "quarantine")
    loads = connector.load(
        folder / "warehouse.duckdb", settings, places=places, now=NOW, tell=lambda message: None
    )
    return {each.table: each for each in loads}


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()
