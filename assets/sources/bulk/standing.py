"""What stands loaded: a unit's rows replaced, which row of an event counts, which days thereby changed.

Two rows with one event id are the same event when their days are at most a day apart (a vendor that
corrects clocks may date an event sent again a little differently). The row of the unit whose name sorts
first counts, there the first line: what comes later adds to the table's end, and nobody's history moves.
Days outside are never looked at, so the cost follows the new rows and not the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from assets.sources.bulk.schema import TRAITS, TRAITS_COLUMNS, EventTable
from assets.sources.sql import one_row, quoted

_DAYS_APART = 1


@dataclass(frozen=True)
class Replaced:
    """`first_row`: rowid from which on the new rows lie. `flipped`: by unit, rows that became duplicates of
    others (negative: that no longer are), units replaced now left out."""

    first_row: int
    flipped: dict[str, int]


def prepare(connection: duckdb.DuckDBPyConnection, schema: str, table: EventTable) -> None:
    """Create the raw tables; columns that a newer declaration added are appended."""
    connection.execute(f"create schema if not exists {schema}")
    tables = {table.name: table.raw_columns} | ({TRAITS: TRAITS_COLUMNS} if table.traits else {})
    for name, columns in tables.items():
        listed = ", ".join(
            f"{quoted(column)} {sql_type}{_packing(table, column, sql_type)}" for column, sql_type in columns
        )
        connection.execute(f"create table if not exists {schema}.{name} ({listed})")
        for column, sql_type in columns:
            connection.execute(
                f"alter table {schema}.{name} add column if not exists {quoted(column)} {sql_type}"
            )


def _packing(table: EventTable, column: str, sql_type: str) -> str:
    # An id differs in every row: packing it halves it at best, and takes longer than any other column.
    if any(field.name == column == table.key and not field.or_place for field in table.fields):
        return " using compression uncompressed"
    # Where objects differ from line to line, what DuckDB would choose for such text takes twice the space and
    # more time to write; where they repeat, both are small.
    return " using compression zstd" if sql_type == "json" else ""


def replace(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: EventTable,
    *,
    units: Sequence[str],
    had_rows: bool,
    fit: str,
    source: str,
    load_id: int,
) -> Replaced:
    """Put the rows of `fit` in place of the units' rows, inside the caller's transaction.

    `had_rows`: whether any of the units gave rows before. Notes the changed days.
    """
    raw = f"{schema}.{table.name}"
    day, content = f"{quoted(table.occurred_at)}::date", _content(table)
    connection.execute(
        "create or replace temp table replaced as select unnest(?::varchar[]) as unit", [list(units)]
    )
    connection.execute(
        f"create or replace temp table old_rows as select {day} as day, _is_duplicate, {content} as content"
        f" from {raw} where {'_file in (select unit from replaced)' if had_rows else 'false'}"
    )
    if had_rows:
        connection.execute(f"delete from {raw} where _file in (select unit from replaced)")
    first_row = int(one_row(connection, f"select coalesce(max(rowid), -1) + 1 from {raw}")[0])
    declared = [quoted(field.name) for field in table.fields]
    columns = ", ".join([*declared, "extra", "_file", "_line"])
    connection.execute(
        f"insert into {raw} ({columns}, _load_id, _is_duplicate)"
        f" select {columns}, {load_id}, false from ({fit})"
    )
    flipped = _flag_duplicates(connection, raw, table, first_row)
    _note_changes(connection, raw, table, source, load_id=load_id, first_row=first_row)
    return Replaced(first_row, flipped)


def counts(
    connection: duckdb.DuckDBPyConnection, schema: str, table: EventTable, first_row: int
) -> dict[str, tuple[int, int]]:
    """Rows that count, and duplicates, of each unit just replaced that has any."""
    rows = connection.execute(
        "select _file, count(*) filter (not _is_duplicate), count(*) filter (_is_duplicate)"
        f" from {schema}.{table.name} where rowid >= {first_row} group by _file"
    ).fetchall()
    return {str(unit): (int(loaded), int(duplicate)) for unit, loaded, duplicate in rows}


def rejected_lines(schema: str, table: EventTable, first_row: int) -> str:
    """A relation of the staged lines that did not become rows."""
    return (
        f"(select staged.* from staged anti join (select _file, _line from {schema}.{table.name}"
        f" where rowid >= {first_row}) as taken on taken._file = staged.unit and taken._line = staged.line)"
    )


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    for name in ("replaced", "old_rows", "affected", "contested", "flips"):
        connection.execute(f"drop table if exists temp.{name}")


def _flag_duplicates(
    connection: duckdb.DuckDBPyConnection, raw: str, table: EventTable, first_row: int
) -> dict[str, int]:
    at, key = quoted(table.occurred_at), quoted(table.key)
    connection.execute(
        f"create or replace temp table affected as select distinct {at}::date as day from {raw}"
        f" where rowid >= {first_row} union select day from old_rows"
    )
    connection.execute(
        "create or replace temp table flips (row_id bigint, unit varchar, day date, is_duplicate boolean)"
    )
    first, last = one_row(connection, "select min(day), max(day) from affected")
    if first is None:
        return {}
    # Rows a day away may gain or lose their forerunner; to judge those, one day more is looked at.
    connection.execute(
        f"""
        create or replace temp table contested as
        with near as (
            select distinct day + shift::integer as day
            from affected, range({-2 * _DAYS_APART}, {2 * _DAYS_APART + 1}) as shifts (shift)
        ),
        candidates as (
            select rowid as row_id, {key} as key, {at}::date as day, _is_duplicate
            from {raw}
            where {at} >= date '{first}' - {2 * _DAYS_APART} and {at} < date '{last}' + {2 * _DAYS_APART + 1}
                and {at}::date in (select day from near)
        ),
        keys as (select key from candidates group by key having count(*) > 1 or bool_or(_is_duplicate))

        select row_id, key, day, _is_duplicate from candidates semi join keys using (key)
        """
    )
    if not one_row(connection, "select exists (from contested)")[0]:
        return {}
    connection.execute(
        f"""
        insert into flips
        with placed as (
            select contested.*, {raw}._file as unit,
                row_number() over (order by {raw}._file, {raw}._line) as place,
                date_diff('day', date '1970-01-01', contested.day) as number
            from contested inner join {raw} on {raw}.rowid = contested.row_id
        ),
        judged as (
            select row_id, unit, day, _is_duplicate as was_duplicate,
                min(place) over (
                    partition by key order by number
                    range between {_DAYS_APART} preceding and {_DAYS_APART} following
                ) < place as is_duplicate
            from placed
        )

        select row_id, unit, day, is_duplicate from judged
        where is_duplicate <> was_duplicate and exists (
            from affected where abs(date_diff('day', affected.day, judged.day)) <= {_DAYS_APART}
        )
        """
    )
    connection.execute(
        f"update {raw} set _is_duplicate = flips.is_duplicate from flips where {raw}.rowid = flips.row_id"
    )
    rows = connection.execute(
        f"select unit, sum(if(is_duplicate, 1, -1)) from flips where row_id < {first_row} group by unit"
    ).fetchall()
    return {str(unit): int(more) for unit, more in rows}


def _note_changes(
    connection: duckdb.DuckDBPyConnection,
    raw: str,
    table: EventTable,
    source: str,
    *,
    load_id: int,
    first_row: int,
) -> None:
    """The days on which other rows count than before, and those of older rows that were flagged."""
    day, content = f"{quoted(table.occurred_at)}::date", _content(table)
    digest = "count(*) as rows, bit_xor(content) as xored, sum(content) as total"
    if one_row(connection, "select exists (from old_rows)")[0]:
        differing = f"""
            select coalesce(before.day, after.day) as day
            from (select day, {digest} from old_rows where not _is_duplicate group by day) as before
            full join (
                select day, {digest} from (
                    select {day} as day, {content} as content from {raw}
                    where rowid >= {first_row} and not _is_duplicate
                ) group by day
            ) as after on before.day = after.day
            where (before.rows, before.xored, before.total)
                is distinct from (after.rows, after.xored, after.total)
        """
    else:
        differing = (
            f"select distinct {day} as day from {raw} where rowid >= {first_row} and not _is_duplicate"
        )
    connection.execute(
        f"""
        insert into raw_tierline.changes
        select {load_id}, '{source}', 'usage_events', null, day
        from ({differing} union select day from flips where row_id < {first_row})
        anti join (
            select changed_on as day from raw_tierline.changes
            where load_id = {load_id} and source = '{source}'
        ) as noted using (day)
        """
    )


def _content(table: EventTable) -> str:
    """Equal for rows that say the same, wherever they stand."""
    said = [field.name for field in table.fields if not field.or_place]
    return f"hash({', '.join(quoted(name) for name in (*said, 'extra'))})"
