"""What came, by package and table: from counts that travel with the rows into the load log, exactly once."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import duckdb

from assets.sources import load_log
from assets.sources.api.hints import PART, RECEIVED
from assets.sources.load_log import RowCounts
from assets.sources.sql import one_row


def log_packages(connection: duckdb.DuckDBPyConnection, system: str) -> Iterator[tuple[str, RowCounts]]:
    """Log the packages that stand in the warehouse but not in the log; (table, counts) of each."""
    load_log.prepare(connection)
    if not has_table(connection, system, RECEIVED):
        return
    rows = connection.execute(
        f"""
        select package, table_name, started_at, finished_at,
            rows_in, rows_loaded, rows_duplicate, rows_quarantined
        from raw_{system}.{RECEIVED}
        where package not in (select package from raw_tierline.loads where source = ? and package is not null)
        order by min(started_at) over (partition by split_part(package, '{PART}', 1)), package, started_at,
            table_name
        """,
        [system],
    ).fetchall()
    connection.execute("begin transaction")
    load_ids: dict[str, int] = {}
    logged = []
    for package, table, started_at, finished_at, *numbers in rows:
        whole = str(package).partition(PART)[0]
        if whole not in load_ids:
            load_ids[whole] = load_log.next_load_id(connection)
        counts = RowCounts(*(int(each) for each in numbers))
        load_log.record_load(
            connection,
            load_ids[whole],
            system,
            str(table),
            started_at=started_at,
            finished_at=finished_at,
            files_read=0,
            files_unchanged=0,
            counts=counts,
            package=str(package),
        )
        logged.append((str(table), counts))
    connection.execute("commit")
    yield from logged


def log_quiet_tables(
    connection: duckdb.DuckDBPyConnection,
    system: str,
    tables: Iterable[str],
    started_at: datetime,
    finished_at: datetime,
) -> None:
    """Tables that were read, and had nothing new: that is worth knowing, too."""
    load_log.prepare(connection)
    connection.execute("begin transaction")
    load_id = load_log.next_load_id(connection)
    for table in tables:
        load_log.record_load(
            connection,
            load_id,
            system,
            table,
            started_at=started_at,
            finished_at=finished_at,
            files_read=0,
            files_unchanged=0,
            counts=RowCounts(0, 0, 0, 0),
        )
    connection.execute("commit")


def last_moment(connection: duckdb.DuckDBPyConnection, system: str) -> datetime:
    """When the system's last logged load ended (naive UTC); long ago: never."""
    sql = "select coalesce(max(finished_at), timestamp '1970-01-01') from raw_tierline.loads where source = ?"
    moment: datetime = one_row(connection, sql, [system])[0]
    return moment


def has_table(connection: duckdb.DuckDBPyConnection, system: str, table: str) -> bool:
    found = one_row(
        connection,
        "select count(*) from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? and table_name = ?",
        [f"raw_{system}", table],
    )
    return bool(found[0])


def columns_of(connection: duckdb.DuckDBPyConnection, system: str, table: str) -> set[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns()"
        " where database_name = current_database() and schema_name = ? and table_name = ?",
        [f"raw_{system}", table],
    ).fetchall()
    return {str(name) for (name,) in rows}
