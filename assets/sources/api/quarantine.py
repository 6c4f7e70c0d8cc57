"""Rejected rows in `_quarantine`: settled when a good row of their key came, exported until then."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from assets.sources.api.hints import QUARANTINE
from assets.sources.api.judging_sql import key_text
from assets.sources.api.received import columns_of, has_table
from assets.sources.api.tables import LOADED_AT, Table
from assets.sources.sql import literal

_ROWS_AT_ONCE = 10_000


def settle(connection: duckdb.DuckDBPyConnection, system: str, tables: Sequence[Table]) -> None:
    """Mark as resolved what arrived good since; the rows stay as a record."""
    standing = _standing(connection, system)
    for table in tables:
        if table.name in standing and has_table(connection, system, table.name):
            connection.execute(
                f"""
                update raw_{system}.{QUARANTINE} as rejected set resolved_at = arrived.loaded_at
                from (
                    select {key_text(table)} as key, max({LOADED_AT}) as loaded_at
                    from raw_{system}.{table.name} group by 1
                ) as arrived
                where rejected.source_table = ? and rejected.resolved_at is null
                    and rejected.key = arrived.key and arrived.loaded_at > rejected.{LOADED_AT}
                """,
                [table.name],
            )


def unresolved(
    connection: duckdb.DuckDBPyConnection, system: str, table: str, *, is_judged: bool = True
) -> Iterator[pa.Table]:
    """Rows that the rules of their columns rejected, some at a time; or those that never had the columns'
    form and cannot be judged again.
    """
    if table not in _standing(connection, system):
        return
    # Of rows from before it was noted, none lacked it.
    judged = "is_judged" if "is_judged" in columns_of(connection, system, QUARANTINE) else "null"
    key = ""
    while True:
        rows = connection.sql(
            f"""
            select source_table, key, reason, payload::varchar as payload, {LOADED_AT}, resolved_at,
                coalesce({judged}, true) as is_judged, _package
            from raw_{system}.{QUARANTINE}
            where source_table = ? and resolved_at is null and key > ? and coalesce({judged}, true) = ?
            order by key limit {_ROWS_AT_ONCE}
            """,
            params=[table, key, is_judged],
        ).to_arrow_table()
        if not rows.num_rows:
            return
        yield rows
        key = rows["key"][-1].as_py()


def export(connection: duckdb.DuckDBPyConnection, system: str, tables: Sequence[Table], folder: Path) -> None:
    """Write `<table>.jsonl` for each table with unresolved rows, atomically, and remove the others'."""
    standing = _standing(connection, system)
    for table in tables:
        target = folder / f"{table.name}.jsonl"
        if table.name not in standing:
            target.unlink(missing_ok=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{table.name}.jsonl.unfinished"
        connection.execute(
            f"""
            copy (
                select key, reason, payload as "row", {LOADED_AT} as rejected_at
                from raw_{system}.{QUARANTINE}
                where source_table = {literal(table.name)} and resolved_at is null order by key
            ) to {literal(str(unfinished))} (format json)
            """
        )
        unfinished.replace(target)


def _standing(connection: duckdb.DuckDBPyConnection, system: str) -> set[str]:
    """Tables with unresolved rows."""
    if not has_table(connection, system, QUARANTINE):
        return set()
    rows = connection.execute(
        f"select distinct source_table from raw_{system}.{QUARANTINE} where resolved_at is null"
    ).fetchall()
    return {str(table) for (table,) in rows}
