"""The load log (schema `raw_tierline`): what each load read, what each file gives, and which days changed.

Every connector writes here: the drop folder in the same transaction as its rows, the others once per package
of rows (`package` names it), however often they are interrupted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from assets.sources.sql import one_row

_DDL = """
create schema if not exists raw_tierline;
create table if not exists raw_tierline.loads (
    load_id bigint, source varchar, table_name varchar, started_at timestamp, finished_at timestamp,
    files_read integer, files_unchanged integer,
    rows_in bigint, rows_loaded bigint, rows_duplicate bigint, rows_quarantined bigint
);
alter table raw_tierline.loads add column if not exists package varchar;
create table if not exists raw_tierline.files (
    source varchar, table_name varchar, file varchar, size_bytes bigint, modified_ns bigint, sha256 varchar,
    load_id bigint, rows_in bigint, rows_loaded bigint, rows_duplicate bigint, rows_quarantined bigint,
    stamp varchar
);
create table if not exists raw_tierline.changes (
    load_id bigint, source varchar, table_name varchar, account_id varchar, changed_on date
);
create table if not exists raw_tierline.switched_off_tables (source varchar, table_name varchar);
"""


@dataclass(frozen=True)
class FileState:
    """What identifies a file: `stamp` is cheap (names, sizes, times), `sha256` is the content itself."""

    size_bytes: int
    modified_ns: int
    stamp: str
    sha256: str


@dataclass(frozen=True)
class RowCounts:
    """`rows_in` is always the sum of the other three."""

    rows_in: int
    rows_loaded: int
    rows_duplicate: int
    rows_quarantined: int

    def plus(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.rows_in + other.rows_in,
            self.rows_loaded + other.rows_loaded,
            self.rows_duplicate + other.rows_duplicate,
            self.rows_quarantined + other.rows_quarantined,
        )


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(_DDL)


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    return int(one_row(connection, "select coalesce(max(load_id), 0) + 1 from raw_tierline.loads")[0])


def note_switched_off(connection: duckdb.DuckDBPyConnection, source: str, tables: Iterable[str]) -> None:
    """Tables that the source's settings leave unread: nothing new is expected of them, nor believed."""
    connection.execute("begin transaction")
    connection.execute("delete from raw_tierline.switched_off_tables where source = ?", [source])
    for table in tables:
        connection.execute("insert into raw_tierline.switched_off_tables values (?, ?)", [source, table])
    connection.execute("commit")


def known_files(connection: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], FileState]:
    """State of every file ever read and not superseded, by (table, file)."""
    rows = connection.execute(
        "select table_name, file, size_bytes, modified_ns, stamp, sha256"
        " from raw_tierline.files where source = ?",
        [source],
    ).fetchall()
    return {(table, file): FileState(*state) for table, file, *state in rows}


def record_file(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    table: str,
    file: str,
    state: FileState,
    *,
    load_id: int,
) -> None:
    """Note a file's state; its counts follow with `record_counts`."""
    forget_file(connection, source, table, file)
    connection.execute(
        "insert into raw_tierline.files values (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)",
        [source, table, file, state.size_bytes, state.modified_ns, state.sha256, load_id, state.stamp],
    )


def touch_file(
    connection: duckdb.DuckDBPyConnection, source: str, table: str, file: str, state: FileState
) -> None:
    """The same content under a new stamp: next time the cheap comparison is enough."""
    connection.execute(
        "update raw_tierline.files set size_bytes = ?, modified_ns = ?, stamp = ?"
        " where source = ? and table_name = ? and file = ?",
        [state.size_bytes, state.modified_ns, state.stamp, source, table, file],
    )


def forget_file(connection: duckdb.DuckDBPyConnection, source: str, table: str, file: str) -> None:
    connection.execute(
        "delete from raw_tierline.files where source = ? and table_name = ? and file = ?",
        [source, table, file],
    )


def record_counts(
    connection: duckdb.DuckDBPyConnection, source: str, table: str, counts: Iterable[tuple[str, RowCounts]]
) -> None:
    for file, count in counts:
        connection.execute(
            "update raw_tierline.files"
            " set rows_in = ?, rows_loaded = ?, rows_duplicate = ?, rows_quarantined = ?"
            " where source = ? and table_name = ? and file = ?",
            [
                count.rows_in,
                count.rows_loaded,
                count.rows_duplicate,
                count.rows_quarantined,
                source,
                table,
                file,
            ],
        )


def record_files(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    table: str,
    files: Mapping[str, tuple[FileState, RowCounts]],
    *,
    load_id: int,
) -> None:
    """Note many files at once, states and counts; what was known of them before is replaced."""
    names, states = list(files), [state for state, _ in files.values()]
    counts = [count for _, count in files.values()]
    connection.execute(
        "delete from raw_tierline.files where source = ? and table_name = ?"
        " and file in (select unnest(?::varchar[]))",
        [source, table, names],
    )
    connection.execute(
        "insert into raw_tierline.files select ?, ?, unnest(?::varchar[]), unnest(?::bigint[]),"
        " unnest(?::bigint[]), unnest(?::varchar[]), ?, unnest(?::bigint[]), unnest(?::bigint[]),"
        " unnest(?::bigint[]), unnest(?::bigint[]), unnest(?::varchar[])",
        [
            *(source, table, names),
            *([each.size_bytes for each in states], [each.modified_ns for each in states]),
            *([each.sha256 for each in states], load_id),
            *([each.rows_in for each in counts], [each.rows_loaded for each in counts]),
            *([each.rows_duplicate for each in counts], [each.rows_quarantined for each in counts]),
            [each.stamp for each in states],
        ],
    )


def move_duplicates(
    connection: duckdb.DuckDBPyConnection, source: str, table: str, more: Mapping[str, int]
) -> None:
    """So many rows more of these files (fewer, where negative) are duplicates instead of loaded."""
    connection.execute(
        "update raw_tierline.files set rows_loaded = rows_loaded - moved.more,"
        " rows_duplicate = rows_duplicate + moved.more"
        " from (select unnest(?::varchar[]) as file, unnest(?::bigint[]) as more) as moved"
        " where files.source = ? and files.table_name = ? and files.file = moved.file",
        [list(more), list(more.values()), source, table],
    )


def counts_of_files(
    connection: duckdb.DuckDBPyConnection, source: str, table: str, files: Sequence[str]
) -> dict[str, RowCounts]:
    """What each of these files gives at present; unknown ones are left out."""
    rows = connection.execute(
        "select file, rows_in, rows_loaded, rows_duplicate, rows_quarantined from raw_tierline.files"
        " where source = ? and table_name = ? and file in (select unnest(?::varchar[]))",
        [source, table, list(files)],
    ).fetchall()
    return {str(file): RowCounts(*counts) for file, *counts in rows}


def standing_counts(
    connection: duckdb.DuckDBPyConnection, source: str, table: str, *, load_id: int | None = None
) -> RowCounts:
    """What all files of a table give at present, or only those read by one load."""
    row = one_row(
        connection,
        "select coalesce(sum(rows_in), 0), coalesce(sum(rows_loaded), 0), coalesce(sum(rows_duplicate), 0),"
        " coalesce(sum(rows_quarantined), 0) from raw_tierline.files"
        " where source = ? and table_name = ? and (? is null or load_id = ?)",
        [source, table, load_id, load_id],
    )
    return RowCounts(*(int(value) for value in row))


def record_load(
    connection: duckdb.DuckDBPyConnection,
    load_id: int,
    source: str,
    table: str,
    *,
    started_at: datetime,
    finished_at: datetime,
    files_read: int,
    files_unchanged: int,
    counts: RowCounts,
    package: str | None = None,
) -> None:
    """One table's part in a load; `counts` are of what this load read. Times are naive UTC."""
    connection.execute(
        "insert into raw_tierline.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(load_id, source, table, started_at, finished_at, files_read, files_unchanged),
            *(counts.rows_in, counts.rows_loaded, counts.rows_duplicate, counts.rows_quarantined),
            package,
        ],
    )
