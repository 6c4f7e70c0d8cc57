"""JSON lines: one object a line; keys are columns, nested values stay JSON."""

from dataclasses import replace
from pathlib import Path

import duckdb

from assets.sources.drop.schema import Table
from assets.sources.drop.staging import TextRows, match, stage_lines, text_rows
from assets.sources.sql import literal, one_row

_BLANK = "problem is null and trim(text, chr(32) || chr(9)) = ''"
_PROBLEM = """
    case
        when problem is not null then problem
        when not json_valid(text) then 'the line is not valid JSON'
        when not starts_with(ltrim(text, chr(32) || chr(9)), '{') then 'the line is not a JSON object'
    end
"""


def stage_jsonl(
    connection: duckdb.DuckDBPyConnection, table: Table, path: Path, *, encoding: str = "utf-8"
) -> TextRows | None:
    """Stage a file of JSON lines; None when it has no line at all. Raises `UnreadableFileError`."""
    stage_lines(
        connection, path, encoding, select=f"select line, text, {_BLANK} as is_blank, {_PROBLEM} as problem"
    )
    connection.execute(
        "create or replace temp table key_sets as"
        " select distinct case when problem is null then json_keys(text) end as keys"
        " from records where not is_blank"
    )
    if not one_row(connection, "select exists (from key_sets)")[0]:
        return None
    keys = connection.execute("select distinct unnest(keys) as key from key_sets order by key").fetchall()
    names = [str(name) for (name,) in keys]
    matched = match(table, names)
    read = sorted(position for positions in matched.positions.values() for position in positions)
    place = {position: index + 1 for index, position in enumerate(read)}
    paths = ", ".join(literal(_pointer(names[position])) for position in read)
    values = (
        f"case when problem is null then json_extract_string(text, [{paths}]) end"
        if read
        else "null::varchar[]"
    )
    repeated = (
        "case when problem is null and len(list_distinct(json_keys(text))) <> len(json_keys(text))"
        " then 'the object has a key twice' end"
    )
    (has_repeated,) = one_row(
        connection, "select coalesce(bool_or(len(list_distinct(keys)) <> len(keys)), false) from key_sets"
    )
    problem = f"coalesce(problem, {repeated})" if has_repeated else "problem"

    def extra_part(position: int) -> str:
        value = f"json_extract(text, {literal(_pointer(names[position]))})::varchar"
        return f"case when problem is null then nullif({value}, 'null')::json end"

    rows = text_rows(
        table,
        matched,
        part=lambda position: f"parts[{place[position]}]",
        extra_part=extra_part,
        problem=problem,
        source=f"(select line, text, problem, {values} as parts from records where not is_blank)",
        raw_sql="select line, text as raw from records",
    )
    # Where no line is an object there are no columns to miss: each line has its own reason.
    return rows if names else replace(rows, missing=())


def _pointer(key: str) -> str:
    """RFC 6901: a path that holds for any key."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
