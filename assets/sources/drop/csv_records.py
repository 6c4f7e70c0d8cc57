"""CSV: which lines make one record, and which fields a record has.

RFC 4180 with any of `, ; tab |` between the fields (the one that finds most of the contract's columns in
the header) and doubled quotes. A record may span lines; its line is the first one. A quote that is opened
and never closed costs its own line only, not the rest of the file.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.schema import Table
from assets.sources.drop.staging import TextRows, match, stage_lines, text_rows
from assets.sources.sql import literal, one_row

DELIMITERS = (",", ";", "\t", "|")
# A quoted value may span this many lines; beyond it, its opening quote is taken for damage.
MAX_RECORD_LINES = 1_000


def stage_csv(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, *, encoding: str = "utf-8"
) -> TextRows | None:
    """Stage a CSV file; None when it has no line at all. Raises `UnreadableFileError`."""
    stage_lines(connection, path, encoding)
    header = _first_record(connection)
    if header is None:
        return None
    delimiter = _delimiter(table, header[1])
    has_quotes = _join_quoted_lines(connection, delimiter)
    header = _first_record(connection)
    assert header is not None
    line, text, problem = header
    if problem is not None:
        raise UnreadableFileError(f"the header line cannot be read: {problem}")
    names = _header_names(text, delimiter)
    records = (
        f"(select line, text, problem from records"
        f" where line > {line} and (problem is not null or trim(text, chr(32) || chr(9)) <> ''))"
    )
    fields = (
        _quoted_fields(records, delimiter, len(names)) if has_quotes else _plain_fields(records, delimiter)
    )

    def part(position: int) -> str:
        return _unquoted(f"parts[{position + 1}]") if has_quotes else f"parts[{position + 1}]"

    ragged = (
        f"case when len(parts) <> {len(names)}"
        f" then 'the row has ' || len(parts) || ' fields, the header has {len(names)}' end"
    )
    return text_rows(
        table,
        match(table, names),
        part=part,
        extra_part=lambda position: f"nullif({part(position)}, '')",
        problem=f"coalesce(problem, {ragged})",
        source=fields,
        raw_sql="select line, text as raw from records",
    )


def _first_record(connection: duckdb.DuckDBPyConnection) -> tuple[int, str, str | None] | None:
    found = connection.execute(
        "select line, text, problem from records"
        " where problem is not null or trim(text, chr(32) || chr(9)) <> '' order by line limit 1"
    ).fetchall()
    return found[0] if found else None


def _delimiter(table: Table, header: str) -> str:
    """The one that finds most of the contract's columns in the header; of equals, most columns at all."""

    def found(delimiter: str) -> tuple[int, int]:
        names = _header_names(header, delimiter)
        return len(match(table, names).positions), len(names)

    return max(DELIMITERS, key=found)


def _header_names(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header.replace("\n", " ").replace("\r", " ")], delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableFileError(f"the header line cannot be read: {error}") from error


def _plain_fields(records: str, delimiter: str) -> str:
    return f"(select line, problem, string_split(text, {literal(delimiter)}) as parts from {records})"


def _quoted_fields(records: str, delimiter: str, count: int) -> str:
    """Fields where values may be quoted.

    Between the quotes of a well-formed record, text outside and inside quotes alternates: marking the
    delimiters outside and splitting at the marks is seven times faster than matching fields. Records that
    do not come out right that way (a stray quote, the mark itself in the text) are matched field by field.
    """
    mark = "chr(31)"
    bare = _in_pattern(delimiter)
    outside = (
        f"case when position % 2 = 1 then replace(segment, {literal(delimiter)}, {mark}) else segment end"
    )
    segments = f"list_transform(string_split(text, '\"'), lambda segment, position: {outside})"
    marked = f"string_split(array_to_string({segments}, '\"'), {mark})"
    pattern = literal(f'("[^"]*(?:""[^"]*)*"|[^{bare}]*){bare}')
    matched = f"regexp_extract_all(text || {literal(delimiter)}, {pattern}, 1)"
    chosen = f"case when len(parts) = {count} and not contains(text, {mark}) then parts else {matched} end"
    return (
        f"(select line, problem, {chosen} as parts"
        f" from (select line, problem, text, {marked} as parts from {records}))"
    )


def _unquoted(field: str) -> str:
    """Per field and not per list: four times faster."""
    is_quoted = f"starts_with({field}, '\"') and length({field}) >= 2 and ends_with({field}, '\"')"
    inner = f"replace(substr({field}, 2, length({field}) - 2), '\"\"', '\"')"
    return f"case when {is_quoted} then {inner} else {field} end"


def _in_pattern(delimiter: str) -> str:
    return "\\|" if delimiter == "|" else delimiter


def _join_quoted_lines(connection: duckdb.DuckDBPyConnection, delimiter: str) -> bool:
    """Make records of lines that a quoted value spans; returns whether the file has quotes at all."""
    bare = _in_pattern(delimiter)
    opens = literal(f'(?:(?:"(?:[^"]|"")*"|[^"{bare}][^{bare}]*|){bare})*"(?:[^"]|"")*')
    closes = literal(f'(?s)(?:[^"]|"")*"(?:{bare}.*)?')
    connection.execute(
        "create or replace temp table quoted_lines as"
        " select line, text from records where contains(text, '\"')"
    )
    odd = connection.execute(
        f"select line, regexp_full_match(text, {opens}), regexp_full_match(text, {closes}) from quoted_lines"
        " where (length(text) - length(replace(text, '\"', ''))) % 2 = 1 order by line"
    ).fetchall()
    spans: list[tuple[int, int]] = []
    broken: list[int] = []
    for first, last in _spans(odd):
        if last is None:
            broken.append(first)
        else:
            spans.append((first, last))
    if broken:
        connection.register("broken_lines", pa.table({"line": pa.array(broken, pa.int64())}))
        connection.execute(
            "update records set problem = coalesce(problem, 'a quote opened on this line is never closed')"
            " from broken_lines where records.line = broken_lines.line"
        )
        connection.unregister("broken_lines")
    if spans:
        firsts, lasts = zip(*spans, strict=True)
        connection.register(
            "spans", pa.table({"first": pa.array(firsts, pa.int64()), "last": pa.array(lasts, pa.int64())})
        )
        connection.execute(
            """
            create or replace temp table records as
            with placed as (
                select
                    case when records.line <= spans.last then spans.first else records.line end as first,
                    records.line,
                    records.text,
                    records.problem
                from records
                asof left join spans on records.line >= spans.first
            )

            select first as line, string_agg(text, chr(10) order by line) as text, max(problem) as problem
            from placed
            group by first
            """
        )
        connection.unregister("spans")
    return bool(one_row(connection, "select exists (from quoted_lines)")[0])


def _spans(odd: list[tuple[int, bool, bool]]) -> Iterator[tuple[int, int | None]]:
    """First and last line of each record that spans lines; (line, None) for a quote that never closes.

    `odd`: lines with an odd number of quotes, and whether such a line, read as a record's start, leaves a
    quote open, and whether, read inside a quoted value, it ends that value properly.
    """
    opened: int | None = None
    for line, opens, closes in odd:
        if opened is not None and closes and line - opened < MAX_RECORD_LINES:
            yield opened, line
            opened = None
            continue
        if opened is not None:
            yield opened, None
        opened = line if opens else None
    if opened is not None:
        yield opened, None
