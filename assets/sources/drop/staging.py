"""Any file as text rows: a `select` of line, problem, every contract column as text, the rest as `extra`.

CSV, JSONL and Parquet differ only in how a record is found and taken apart; from here on they are alike.
The file is read by Python in Arrow batches into the temporary table `records`, so a damaged file cannot
abort the surrounding transaction; taking apart and everything later is DuckDB SQL over it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.sources.drop import lines
from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.schema import Table
from assets.sources.sql import literal, quoted

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True)
class TextRows:
    """`sql` yields line, problem, the contract's columns as varchar, `extra`; `raw_sql` line and raw.

    `given`: contract columns the file has. `unknown`: its other columns. `missing`: what it lacks but needs.
    """

    sql: str
    raw_sql: str
    given: frozenset[str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Matched:
    """Positions of a file's columns: per contract column (there may be several), and those left over."""

    positions: dict[str, list[int]]
    rest: dict[str, int]


def match(table: Table, names: Sequence[str]) -> Matched:
    """Match by name, whatever its case and the spaces around it.

    The first of several wins where both have a value, and all but the first are kept in `extra` under their
    own, numbered, names.
    """
    positions: dict[str, list[int]] = {}
    rest: dict[str, int] = {}
    for position, name in enumerate(names):
        column = _NOT_IN_A_NAME.sub("_", name.strip().lower()).strip("_")
        if column in table.column_names:
            positions.setdefault(column, []).append(position)
            if len(positions[column]) == 1:
                continue
        rest[_free_name(name.strip() or f"column_{position + 1}", rest)] = position
    return Matched(positions, rest)


def missing_columns(table: Table, given: frozenset[str]) -> tuple[str, ...]:
    missing = [name for name in table.required if name not in given]
    if table.identified_by and not given.intersection(table.identified_by):
        missing.append("one of " + " / ".join(table.identified_by))
    return tuple(missing)


def text_rows(
    table: Table,
    matched: Matched,
    *,
    part: Callable[[int], str],
    extra_part: Callable[[int], str],
    problem: str,
    source: str,
    raw_sql: str,
) -> TextRows:
    """Put the select together; `part(position)` is SQL of a value as text, `extra_part` one for `extra`."""
    columns = []
    for name in table.column_names:
        parts = [part(position) for position in matched.positions.get(name, [])]
        filled = [f"nullif({each}, '')" for each in parts]
        value = f"coalesce({', '.join(filled)})" if len(filled) > 1 else "".join(parts) or "null::varchar"
        columns.append(f"{value} as {quoted(name)}")
    given = frozenset(matched.positions)
    extra = _extra(matched.rest, extra_part)
    sql = f"select line, {problem} as problem, {', '.join(columns)}, {extra} as extra from {source}"
    return TextRows(sql, raw_sql, given, tuple(matched.rest), missing_columns(table, given))


def stage_records(
    connection: duckdb.DuckDBPyConnection,
    schema: pa.Schema,
    batches: Iterator[pa.RecordBatch],
    *,
    select: str = "select *",
) -> None:
    """Fill the temporary table `records`. Raises `UnreadableFileError`, leaving the transaction usable."""
    failures: list[UnreadableFileError] = []

    def until_failure() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except UnreadableFileError as error:
            failures.append(error)

    connection.register("records_stream", pa.RecordBatchReader.from_batches(schema, until_failure()))
    try:
        connection.execute(f"create or replace temp table records as {select} from records_stream")
    finally:
        connection.unregister("records_stream")
    if failures:
        raise failures[0]


def stage_parquet(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> TextRows:
    """A Parquet file: nested values become JSON text, the line is the row's number from 1."""
    try:
        file = pq.ParquetFile(path, memory_map=False)
        schema = file.schema_arrow
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFileError(f"the file is not readable as Parquet: {error}") from error
    # Positions instead of names: a file may have the same name twice, or one of ours.
    fields = [pa.field(f"p{position}", field.type) for position, field in enumerate(schema)]
    numbered = pa.schema([pa.field("line", pa.int64()), *fields])
    stage_records(connection, numbered, _parquet_batches(file, numbered))
    nested = {position for position, field in enumerate(schema) if pa.types.is_nested(field.type)}

    def part(position: int) -> str:
        return f"to_json(p{position})::varchar" if position in nested else f"p{position}::varchar"

    matched = match(table, schema.names)
    names = {**{name: places[0] for name, places in matched.positions.items()}, **matched.rest}
    whole = ", ".join(f"{literal(name)}, p{position}" for name, position in names.items())
    return text_rows(
        table,
        matched,
        part=part,
        extra_part=lambda position: f"to_json(p{position})",
        problem="null::varchar",
        source="records",
        raw_sql=f"select line, json_object({whole})::varchar as raw from records",
    )


def _parquet_batches(file: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = 1
    try:
        for batch in file.iter_batches(batch_size=65_536):
            numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
            yield pa.RecordBatch.from_arrays([numbers, *batch.columns], schema=schema)
            first += batch.num_rows
    except (OSError, pa.ArrowException) as error:
        raise UnreadableFileError(f"the file is not readable as Parquet: {error}") from error


def stage_lines(
    connection: duckdb.DuckDBPyConnection, path: Path, encoding: str, *, select: str = "select *"
) -> None:
    stage_records(connection, lines.SCHEMA, lines.batches(path, encoding=encoding), select=select)


def _extra(rest: dict[str, int], extra_part: Callable[[int], str]) -> str:
    """The left-over columns that have a value, as one JSON object; null when none has."""
    if not rest:
        return "null::json"
    names = ", ".join(literal(name) for name in rest)
    values = ", ".join(extra_part(position) for position in rest.values())
    present = f"list_filter(list_zip([{names}], [{values}]), lambda entry: entry[2] is not null)"
    return f"nullif(to_json(map_from_entries({present}))::varchar, '{{}}')::json"


def _free_name(name: str, taken: dict[str, int]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} ({number})", number + 1
    return candidate
