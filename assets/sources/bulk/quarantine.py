"""Lines that could not be taken, each with its unit, line and reasons; exported as JSON lines for the
data's owners."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources.sql import literal

COLUMNS = """
    source_table varchar, file varchar, line bigint, reason varchar, "row" varchar, load_id bigint,
    unknown varchar[], retry_at timestamp
"""


class UnaccountedLinesError(RuntimeError):
    """Lines that are neither rows nor duplicates nor rejected: a fault of ours; the load is rolled back."""


def prepare(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    """`place`, here and below: the quarantine's table with its schema."""
    connection.execute(f"create table if not exists {place} ({COLUMNS})")


def clear(connection: duckdb.DuckDBPyConnection, place: str, table: str, units: Sequence[str]) -> None:
    connection.execute(
        f"delete from {place} where source_table = ? and file in (select unnest(?::varchar[]))",
        [table, list(units)],
    )


def add_lines(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    table: str,
    *,
    rejected: str,
    load_id: int,
    expected: int,
) -> None:
    """`rejected`: a select of _file, _line, reasons, retry_at and `json`, the line as it stood.

    Raises `UnaccountedLinesError` when they are not the `expected` ones: lines that became no rows.
    """
    (added,) = connection.execute(
        f"insert into {place}"
        " select ?, _file, _line, array_to_string(reasons, '; '), json::varchar, ?, null, retry_at"
        f" from ({rejected})",
        [table, load_id],
    ).fetchone() or (0,)
    if added != expected:
        raise UnaccountedLinesError(
            f"{expected:,} lines of {table} became no rows, and {added:,} are known to break a rule"
        )


def add_texts(
    connection: duckdb.DuckDBPyConnection, place: str, table: str, texts: Sequence[tuple[str, int, str]]
) -> None:
    """(unit, line, text) of rejected lines that are no JSON."""
    units, lines, told = ([each[column] for each in texts] for column in range(3))
    connection.execute(
        f'update {place} as rejected set "row" = given.text'
        " from (select unnest(?::varchar[]) as unit, unnest(?::bigint[]) as line,"
        " unnest(?::varchar[]) as text) as given"
        " where rejected.source_table = ? and rejected.file = given.unit and rejected.line = given.line",
        [units, lines, told, table],
    )


def add_unit(
    connection: duckdb.DuckDBPyConnection, place: str, table: str, *, unit: str, reason: str, load_id: int
) -> None:
    """A unit of which nothing can be read is one row without a line; what it gave before stays."""
    connection.execute(
        f"delete from {place} where source_table = ? and file = ? and line is null",
        [table, unit],
    )
    connection.execute(
        f"insert into {place} values (?, ?, null, ?, null, ?, null, null)",
        [table, unit, reason, load_id],
    )


def units_due(connection: duckdb.DuckDBPyConnection, place: str, table: str, now: datetime) -> set[str]:
    """Units with lines that were rejected for lying in the future, and no longer do."""
    rows = connection.execute(
        f"select distinct file from {place} where source_table = ? and retry_at <= ?",
        [table, now.astimezone(UTC).replace(tzinfo=None)],
    ).fetchall()
    return {str(unit) for (unit,) in rows}


def units_drifted(connection: duckdb.DuckDBPyConnection, system: str, table: str, limit: float) -> set[str]:
    """Units of which more than this share was rejected: their format may be understood, or mended, by now."""
    rows = connection.execute(
        "select file from raw_tierline.files"
        " where source = ? and table_name = ? and rows_quarantined > rows_in * ?",
        [system, table, limit],
    ).fetchall()
    return {str(unit) for (unit,) in rows}


def export(connection: duckdb.DuckDBPyConnection, place: str, table: str, folder: Path) -> None:
    """Write `<table>.jsonl` with the table's rejected lines, atomically; remove it when there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    target, unfinished = folder / f"{table}.jsonl", folder / f".{table}.jsonl.unfinished"
    rows = f"from {place} where source_table = {literal(table)}"
    if connection.execute(f"select 1 {rows} limit 1").fetchall():
        connection.execute(
            f'copy (select file, line, reason, "row", load_id {rows} order by file, line)'
            f" to {literal(str(unfinished))} (format json)"
        )
        unfinished.replace(target)
    else:
        target.unlink(missing_ok=True)
