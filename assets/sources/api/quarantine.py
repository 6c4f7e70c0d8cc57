"""Rejected rows in `_quarantine`: settled when a good row of their key came, exported until then."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.sources.api.hints import QUARANTINE
from assets.sources.api.judging_sql import key_text
from assets.sources.api.received import has_table
from assets.sources.api.tables import LOADED_AT, Table
from assets.sources.sql import literal


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
