"""Rejected rows, each with its file, line and reasons; exported as JSON lines for the data's owners."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources.sql import literal

DDL = """
create table if not exists raw_drop_folder._quarantine (
    source_table varchar, file varchar, line bigint, reason varchar, "row" varchar, load_id bigint,
    unknown varchar[], retry_at timestamp
)
"""


def clear_file(connection: duckdb.DuckDBPyConnection, table: str, file: str) -> None:
    connection.execute(
        "delete from raw_drop_folder._quarantine where source_table = ? and file = ?", [table, file]
    )


def add_rejected_rows(
    connection: duckdb.DuckDBPyConnection, table: str, file: str, raw_sql: str, load_id: int
) -> None:
    """Take the file's rejected rows from `judged`, with the row as it stood in the file."""
    connection.execute(
        f"""
        insert into raw_drop_folder._quarantine
        select ?, judged._file, judged._line, array_to_string(judged.reasons, '; '), raws.raw, ?,
            judged.sought, judged.retry_at
        from judged
        left join ({raw_sql}) as raws on raws.line = judged._line
        where judged._file = ? and judged.reasons is not null
        """,
        [table, load_id, file],
    )


def add_whole_file(
    connection: duckdb.DuckDBPyConnection, table: str, file: str, reason: str, load_id: int
) -> None:
    """A file of which nothing can be loaded is one row without a line; what it gave before stays."""
    connection.execute(
        "delete from raw_drop_folder._quarantine where source_table = ? and file = ? and line is null",
        [table, file],
    )
    connection.execute(
        "insert into raw_drop_folder._quarantine values (?, ?, null, ?, null, ?, null, null)",
        [table, file, reason, load_id],
    )


def files_due(connection: duckdb.DuckDBPyConnection, now: datetime) -> set[tuple[str, str]]:
    """(table, file) of rows that were rejected for lying in the future, and no longer do."""
    rows = connection.execute(
        "select distinct source_table, file from raw_drop_folder._quarantine where retry_at <= ?",
        [now.astimezone(UTC).replace(tzinfo=None)],
    ).fetchall()
    return {(str(table), str(file)) for table, file in rows}


def export(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str]) -> None:
    """Write `<table>.jsonl` for each table with rejected rows, atomically, and remove the others'."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = dict(
        connection.execute(
            "select source_table, count(*) from raw_drop_folder._quarantine group by all"
        ).fetchall()
    )
    for table in tables:
        target = folder / f"{table}.jsonl"
        if not counts.get(table):
            target.unlink(missing_ok=True)
            continue
        unfinished = folder / f".{table}.jsonl.unfinished"
        connection.execute(
            f"""
            copy (
                select file, line, reason, "row", load_id from raw_drop_folder._quarantine
                where source_table = '{table}' order by file, line
            ) to {literal(str(unfinished))} (format json)
            """
        )
        unfinished.replace(target)
