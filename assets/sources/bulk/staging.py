"""Files of JSON lines as the temporary view `staged` (unit, line, json), whole or not at all.

A line that is not valid JSON, even with its characters mended, comes out with `json` null. DuckDB's order of
rows is the files' order of lines, blank ones left out; `line` counts from 1 within the unit.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from assets.sources.bulk import no_export
from assets.sources.mending import mended
from assets.sources.sql import literal, quoted

# A line longer than this is damage, not an event.
_MOST = 16 << 20
# So much of a line that cannot be read is kept.
_SHOWN = 64 << 10
_MENDED_AT_ONCE = 5_000
# The content of a unit without a line.
EMPTY = "lines:0"
# A packed body may be so many times larger once it is unpacked.
_PACKED = 40


class UnreadableUnitError(ValueError):
    """An export that cannot be read as gzipped or plain JSON lines; nothing of it is loaded."""


@dataclass(frozen=True)
class UnitOf:
    """Which unit a line belongs to. `told`: SQL over `json`, worked out once a line; `named`: the unit's
    name, SQL over `told`.
    """

    told: str
    named: str


@dataclass(frozen=True)
class Export:
    """Files that are read together.

    `units`: the unit of each file, in the order in which a unit's files follow each other; or, where one
    file holds several units, `unit_of`: what names a line's unit, one of `listed`.
    `listed`: units that are read by this, also those without a line. `is_stream`: a last line that is not
    valid means that the end is missing. `rows_of`: the file is one JSON object, and its lines are the
    elements of the list under this key. `event_keys`: a line without any of them is no event; of
    such lines alone no export is made.
    """

    units: Mapping[Path, str]
    unit_of: UnitOf | None = None
    listed: Sequence[str] = ()
    is_stream: bool = False
    rows_of: str | None = None
    event_keys: Sequence[str] = ()

    @property
    def unit_names(self) -> tuple[str, ...]:
        named = () if self.unit_of is not None else self.units.values()
        return tuple(dict.fromkeys((*self.listed, *named)))


def stage(connection: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Fill `staged`. Must not run inside a transaction: damage would abort it. Raises
    `UnreadableUnitError`."""
    files = [str(path) for path in export.units]
    try:
        _read_lines(connection, export, files)
    except UnreadableUnitError:
        if export.rows_of is None:
            raise
        # One row with half a surrogate pair would make the whole object no JSON.
        for path in export.units:
            _mend_file(path)
        _read_lines(connection, export, files)
    _mend_lines(connection, export)
    if export.is_stream and connection.execute(
        "select json from lines order by rowid desc limit 1"
    ).fetchall() == [(None,)]:
        raise UnreadableUnitError("the last line is not whole")
    _see_that_it_is_an_export(connection, export)
    sources = list(export.units.values()) if export.unit_of is None else list(export.listed)
    connection.execute(
        """
        create or replace temp table unit_sources as with named as (select unnest(?::varchar[]) as source,
        unnest(?::varchar[]) as unit), first_rows as ( select unit, min(lines.rowid) as first_row from lines
        inner join named using (source) group by unit )

        select source, unit, coalesce(first_row, 0) as first_row from named left join first_rows using (unit)
        """,
        [files if export.unit_of is None else sources, sources],
    )
    connection.execute(
        """
        create or replace temp view staged as
        select unit_sources.unit, lines.rowid - unit_sources.first_row + 1 as line, lines.json
        from lines inner join unit_sources on lines.source = unit_sources.source
        """
    )


def _read_lines(connection: duckdb.DuckDBPyConnection, export: Export, files: Sequence[str]) -> None:
    """Fill the table `lines`. Raises `UnreadableUnitError`."""
    empty = "(select null::json as json, '' as filename limit 0)"
    told, named = (
        ("filename", "told") if export.unit_of is None else (export.unit_of.told, export.unit_of.named)
    )
    try:
        connection.execute(
            f"create or replace temp table lines as select {named} as source, json"
            f" from (select {told} as told, json from {_read(export, files) if files else empty})"
        )
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
        raise UnreadableUnitError(f"not readable as JSON lines: {_said(error, files)}") from error


def _see_that_it_is_an_export(connection: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Raises `UnreadableUnitError`, with the vendor's words."""
    trouble = None
    if export.event_keys:
        trouble = no_export.instead_of_events(connection, export.event_keys)
    elif export.rows_of is not None and not connection.execute("select 1 from lines limit 1").fetchall():
        found = (no_export.instead_of_rows(path, export.rows_of) for path in export.units)
        trouble = next((each for each in found if each is not None), None)
    if trouble is not None:
        raise UnreadableUnitError(trouble)


def _mend_lines(connection: duckdb.DuckDBPyConnection, export: Export) -> None:
    """Lines that are no JSON only by their characters become it."""
    if connection.execute("select 1 from lines where json is null limit 1").fetchone() is None:
        return
    unit_of = export.unit_of or UnitOf("null", "told")
    for path, wanted in _broken(connection, export).items():
        texts = _texts(path, max(wanted))
        broken = ((wanted[place], text) for place, text in texts if place in wanted)
        while batch := list(islice(broken, _MENDED_AT_ONCE)):
            connection.execute(
                f"""
                update lines set json = given.json, source = coalesce(given.source, lines.source)
                from (
                    select row_id, json, {unit_of.named} as source
                    from (
                        select row_id, json, {unit_of.told} as told
                        from (
                            select unnest(?::bigint[]) as row_id,
                                try_cast(unnest(?::varchar[]) as json) as json
                        )
                    )
                ) as given
                where lines.rowid = given.row_id and given.json is not null
                """,
                [[row for row, _ in batch], [mended(text).decode() for _, text in batch]],
            )


def _broken(connection: duckdb.DuckDBPyConnection, export: Export) -> dict[Path, dict[int, int]]:
    """By file, the place and rowid in `lines` of each line that is no JSON."""
    if export.rows_of is not None:
        return {}
    only = next(iter(export.units), None) if export.unit_of is not None else None
    rows = connection.execute(
        "with files as (select source, min(rowid) as first_row from lines group by source)"
        " select lines.source, lines.rowid - if(?, 0, files.first_row), lines.rowid"
        " from lines inner join files using (source) where lines.json is null",
        [only is not None],
    ).fetchall()
    found: dict[Path, dict[int, int]] = {}
    for source, place, row in rows:
        found.setdefault(only or Path(source), {})[place] = row
    return found


def leave_out(connection: duckdb.DuckDBPyConnection, units: Sequence[str]) -> None:
    """Take units out of `staged`."""
    connection.execute("delete from unit_sources where unit in (select unnest(?::varchar[]))", [list(units)])


def unread_keys(
    connection: duckdb.DuckDBPyConnection, read: frozenset[str], most: int
) -> tuple[str, ...] | None:
    """Keys of staged lines that no column takes up; None when there are more than `most`."""
    # There are few lists of keys; hashes tell them apart for less than comparing each with each costs.
    rows = connection.execute(
        "select distinct unnest(keys) as key from (select any_value(keys) as keys"
        " from (select json_keys(json) as keys from staged) group by hash(keys)) order by key"
    ).fetchall()
    found = tuple(str(key) for (key,) in rows if key not in read)
    return found if len(found) <= most else None


def content_of_units(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A fingerprint of each staged unit's lines, whatever their order: vendors pack and order an export
    anew."""
    rows = connection.execute(
        "select unit, count(*), bit_xor(hash(json)), sum(hash(json)) from staged group by unit"
    ).fetchall()
    return {str(unit): f"lines:{count}-{xored}-{total}" for unit, count, xored, total in rows}


def broken_lines(connection: duckdb.DuckDBPyConnection, export: Export) -> list[tuple[str, int, str]]:
    """(unit, line, text) of the staged lines that are not valid JSON, as they stand in their files; what is
    no Unicode as `\\xNN`."""
    rows = connection.execute(
        "select lines.rowid, unit, lines.rowid - unit_sources.first_row + 1"
        " from lines inner join unit_sources using (source) where lines.json is null"
    ).fetchall()
    named = {row: (str(unit), int(line)) for row, unit, line in rows}
    return [
        (*named[row], text[:_SHOWN].rstrip(b"\r\n").decode("utf-8", "backslashreplace"))
        for path, wanted in _broken(connection, export).items()
        for place, text in _texts(path, max(wanted))
        if (row := wanted.get(place)) in named
    ]


def _texts(path: Path, last: int) -> Iterator[tuple[int, bytes]]:
    """Place and text of the lines that are not blank, up to a place."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        yield from enumerate(islice((line for line in file if line.strip()), last + 1))


def _mend_file(path: Path) -> None:
    pack, unpack = (gzip.compress, gzip.decompress) if path.suffix == ".gz" else (bytes, bytes)
    with suppress(OSError, EOFError, zlib.error):
        path.write_bytes(pack(mended(unpack(path.read_bytes()))))


def lines_of_units(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = connection.execute(
        "select unit, count(line) from unit_sources left join staged using (unit) group by unit"
    ).fetchall()
    return {str(unit): int(count) for unit, count in rows}


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Temporary tables would hold memory for as long as the connection lives."""
    connection.execute("drop view if exists temp.staged")
    connection.execute("drop table if exists temp.lines")
    connection.execute("drop table if exists temp.unit_sources")


def _read(export: Export, files: Sequence[str]) -> str:
    listed = ", ".join(literal(each) for each in files)
    if export.rows_of is None:
        options = f"ignore_errors = true, filename = true, maximum_object_size = {_MOST}"
        return f"read_ndjson_objects([{listed}], {options})"
    key = export.rows_of
    largest = max(Path(each).stat().st_size for each in files) * (_PACKED if files[0].endswith(".gz") else 1)
    options = f"format = 'unstructured', records = true, maximum_object_size = {max(largest + 1, _MOST)}"
    return (
        f"(select filename, coalesce(unnest({quoted(key)}), 'null'::json) as json from read_json([{listed}],"
        f" columns = {{{quoted(key)}: 'JSON[]'}}, filename = true, {options}))"
    )


def _said(error: duckdb.Error, files: Sequence[str]) -> str:
    """DuckDB's first sentence without the paths of this machine."""
    text = str(error).splitlines()[0]
    for path in sorted(files, key=len, reverse=True):
        text = text.replace(path, Path(path).name)
    return text
