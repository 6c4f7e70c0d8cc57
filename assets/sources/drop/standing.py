"""What stands loaded: a file's rows replaced, which row of a key counts, and what thereby changed."""

from collections.abc import Collection, Iterable

import duckdb

from assets.sources import load_log
from assets.sources.drop.schema import AccountLink, Table
from assets.sources.load_log import RowCounts
from assets.sources.sql import one_row, quoted

SOURCE = "drop_folder"
SCHEMA = "raw_drop_folder"


def prepare(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Create the schema and the raw tables; columns that a newer contract added are appended."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    standing = dict(
        connection.execute(
            "select table_name, list(column_name) from duckdb_columns()"
            " where schema_name = ? and database_name = current_database() group by table_name",
            [SCHEMA],
        ).fetchall()
    )
    for table in tables:
        columns = ", ".join(f"{quoted(name)} {sql_type}" for name, sql_type in table.raw_columns)
        if table.name not in standing:
            connection.execute(f"create table {SCHEMA}.{table.name} ({columns})")
            continue
        for name, sql_type in table.raw_columns:
            if name not in standing[table.name]:
                connection.execute(f"alter table {SCHEMA}.{table.name} add column {quoted(name)} {sql_type}")


def apply(
    connection: duckdb.DuckDBPyConnection, table: Table, replaced: Collection[str], load_id: int
) -> None:
    """Replace the files' rows by those in `judged`, decide anew which of a key counts, note the changes."""
    raw = f"{SCHEMA}.{table.name}"
    key = _key(table)
    _register_files(connection, replaced)
    connection.execute(
        f"""
        create or replace temp table touched as
        select distinct {key} as key from judged where reasons is null
        union
        select {key} from {raw} semi join replaced_files on replaced_files.file = _file
        """
    )
    effective = f"""
        select {key} as key, {_account(table)} as account_id, {_day(table)} as changed_on,
            {_content(table)} as content
        from {raw} semi join touched on touched.key = {key} where not _is_duplicate
    """
    connection.execute(f"create or replace temp table effective_before as {effective}")
    connection.execute(f"delete from {raw} where _file in (select file from replaced_files)")
    columns = ", ".join(quoted(name) for name, _ in table.raw_columns)
    connection.execute(f"insert into {raw} ({columns}) select {columns} from judged where reasons is null")
    _flag_duplicates(connection, raw, key)
    _note_changes(connection, table, effective, load_id)
    _count(connection, table, raw)


def _note_changes(connection: duckdb.DuckDBPyConnection, table: Table, effective: str, load_id: int) -> None:
    """The distinct (account, day) of rows that differ; `effective` selects those that count now."""
    if one_row(connection, "select exists (from effective_before)")[0]:
        differing = (
            "((from after except from effective_before) union all (from effective_before except from after))"
        )
    else:
        differing = "after"
    connection.execute(
        f"""
        insert into raw_tierline.changes
        with after as ({effective})
        select distinct {load_id}, '{SOURCE}', '{table.name}', account_id, changed_on from {differing}
        """
    )


def forget(connection: duckdb.DuckDBPyConnection, table: str, file: str) -> None:
    """A file whose place a mapping has taken: its account is closed (`apply` removes its rows)."""
    load_log.forget_file(connection, SOURCE, table, file)
    connection.execute(f"delete from {SCHEMA}._quarantine where source_table = ? and file = ?", [table, file])


def _flag_duplicates(connection: duckdb.DuckDBPyConnection, raw: str, key: str) -> None:
    """The row of the file whose name sorts last counts, there the last line; others are duplicates."""
    connection.execute(
        f"""
        create or replace temp table contested as
        with keys as (
            select {key} as key from {raw} semi join touched on touched.key = {key}
            group by 1 having count(*) > 1 or bool_or(_is_duplicate)
        )

        select
            _file, _line, _is_duplicate as was_duplicate,
            row_number() over (partition by {key} order by _file desc, _line desc) > 1 as is_duplicate
        from {raw} semi join keys on keys.key = {key}
        """
    )
    connection.execute(
        f"""
        update {raw} set _is_duplicate = contested.is_duplicate from contested
        where {raw}._file = contested._file and {raw}._line = contested._line
            and contested.is_duplicate <> contested.was_duplicate
        """
    )


def _count(connection: duckdb.DuckDBPyConnection, table: Table, raw: str) -> None:
    """Renew the counts of the replaced files and of those whose rows were flagged or unflagged."""
    rows = connection.execute(
        f"""
        with affected as (
            select file from replaced_files
            union
            select _file from contested where is_duplicate <> was_duplicate
        ),
        loaded as (
            select _file as file, count(*) filter (not _is_duplicate) as rows_loaded,
                count(*) filter (_is_duplicate) as rows_duplicate
            from {raw} where _file in (select file from affected) group by 1
        ),
        rejected as (
            select file, count(*) as rows_quarantined from {SCHEMA}._quarantine
            where source_table = ? and file in (select file from affected) group by 1
        )

        select affected.file, coalesce(rows_loaded, 0), coalesce(rows_duplicate, 0),
            coalesce(rows_quarantined, 0)
        from affected left join loaded using (file) left join rejected using (file)
        """,
        [table.name],
    ).fetchall()
    load_log.record_counts(
        connection,
        SOURCE,
        table.name,
        [(file, RowCounts(sum(counts), *counts)) for file, *counts in rows],
    )


def count_files(connection: duckdb.DuckDBPyConnection, table: Table, files: Collection[str]) -> None:
    """Renew the counts of files whose rows stayed but whose quarantine did not."""
    _register_files(connection, files)
    connection.execute(
        "create or replace temp table contested (_file varchar, was_duplicate boolean, is_duplicate boolean)"
    )
    _count(connection, table, f"{SCHEMA}.{table.name}")


def _register_files(connection: duckdb.DuckDBPyConnection, files: Collection[str]) -> None:
    connection.execute(
        "create or replace temp table replaced_files as select unnest(?::varchar[]) as file", [sorted(files)]
    )


def _key(table: Table) -> str:
    if len(table.key) == 1:
        return quoted(table.key[0])
    return f"concat_ws(chr(31), {', '.join(f'coalesce({quoted(name)}, chr(32))' for name in table.key)})"


def _account(table: Table) -> str:
    return "null::varchar" if table.account is AccountLink.NONE else "account_id"


def _day(table: Table) -> str:
    return "null::date" if table.event_time is None else f"{table.event_time}::date"


def _content(table: Table) -> str:
    """Equal for rows that say the same, wherever they stand."""
    return f"hash({', '.join(quoted(name) for name in (*table.column_names, 'extra'))})"
