"""A connector whose vendor is a list in memory, so that tests say what comes, when, and what goes wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.api import (
    ApiConnector,
    ApiError,
    ApiSettings,
    Page,
    Reading,
    Stream,
    Table,
    at,
    identifier,
    nested,
    text,
    whole_number,
)
from assets.sources.connector import Places, TableLoad

NOW = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = (
    identifier("id", required=True),
    text("name"),
    whole_number("size", minimum=0),
    at("updated_at", required=True),
)
NOTES = Table("notes", ("id",), COLUMNS, changed_at="updated_at")
DEALS = Table("deals", ("id",), COLUMNS, has_history=True, changed_at="updated_at")
PLANS = Table("plans", ("id",), COLUMNS, is_whole=True)
FIRMS = Table("firms", ("id",), (*COLUMNS, nested("tags")), is_whole=True, has_history=True)
Rows = list[Any]


def row(key: int, day: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": key, "name": f"n{key}", "size": key, "updated_at": f"2026-10-{day:02d}T00:00:00Z", **fields}


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Vendor:
    """`rows`: what each table holds, in the order in which it changed; read from the position the cursor names.

    `trouble`: by table, after how many pages what is raised. `proven`: listings that prove themselves whole.
    """

    folder: Path
    rows: dict[str, Rows] = field(default_factory=dict)
    trouble: dict[str, tuple[int, BaseException]] = field(default_factory=dict)
    package_rows: int = 100
    shrink_limit: float = 0.8
    pages_read: int = 0
    circling: bool = False
    proven: tuple[str, ...] = ()
    notes: Table = NOTES
    told: list[str] = field(default_factory=list)

    @property
    def connector(self) -> ApiConnector[ApiSettings]:
        return ApiConnector(
            "listed", ApiSettings, (self.notes, DEALS, PLANS, FIRMS), lambda settings: self._streams()
        )

    def load(self) -> dict[str, TableLoad]:
        places = Places(self.folder / "dlt", self.folder / "quarantine")
        settings = ApiSettings(
            base_url="https://listed.example", package_rows=self.package_rows, shrink_limit=self.shrink_limit
        )
        loads = self.connector.load(
            self.folder / "warehouse.duckdb", settings, places=places, now=NOW, tell=self.told.append
        )
        return {each.table: each for each in loads}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return connection.execute(query).fetchall()

    def _streams(self) -> Sequence[Stream]:
        return [
            Stream("notes", ("notes",), lambda reading: self._changes("notes", reading)),
            Stream("deals", ("deals",), lambda reading: self._changes("deals", reading)),
            Stream("plans", ("plans",), lambda reading: self._listing("plans")),
            Stream("firms", ("firms",), lambda reading: self._listing("firms")),
        ]

    def _changes(self, table: str, reading: Reading) -> Iterator[Page]:
        """Pages of two; the last row comes again next time, as with an inclusive bound."""
        rows, begin = self.rows.get(table, []), reading.cursor or 0
        for page, first in enumerate(range(begin, max(len(rows), begin + 1), 2)):
            self._may_fail(table, page)
            while self.circling and table == "notes":
                yield Page({table: rows[:2]}, begin)
            end = min(first + 2, len(rows))
            yield Page({table: rows[first:end]}, max(end - 1, 0) if end == len(rows) else end)
        self._may_fail(table, 10**6)

    def _listing(self, table: str) -> Iterator[Page]:
        for page, first in enumerate(range(0, len(self.rows.get(table, [])), 2)):
            self._may_fail(table, page)
            yield Page({table: self.rows[table][first : first + 2]})
        if table in self.proven:
            yield Page({}, proven=(table,))

    def _may_fail(self, table: str, page: int) -> None:
        self.pages_read += 1
        after, error = self.trouble.get(table, (10**9, ApiError()))
        if page >= after:
            raise error
