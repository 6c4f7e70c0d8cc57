"""Text to typed values, as DuckDB expressions: null for what does not cast, so that the caller can tell.

The connection's time zone is UTC: a timestamp with an offset is moved to UTC, one without is taken as UTC.
One `try_strptime` per format: given a list, DuckDB 2.0 carries the offset of one row over to the next.
"""

from assets.sources.drop.formats import EPOCHS, TableFormats
from assets.sources.drop.schema import Column, Kind
from assets.sources.sql import literal

# Beyond these a date is a slip of the pen, and outside what nanosecond timestamps hold.
EARLIEST, LATEST = "1900-01-01", "2262-01-01"
# Space, tab, line ends, no-break space, byte order mark, zero-width space.
_SPACE = "chr(32) || chr(9) || chr(10) || chr(13) || chr(160) || chr(65279) || chr(8203)"
# ISO 8601 that DuckDB's own cast does not take: format, and the only length it may have (0: any).
_FURTHER_ISO = (
    ("%Y%m%d", 8),
    ("%Y-%j", 8),
    ("%G-W%V-%u", 10),
    ("%Y%m%dT%H%M%S", 15),
    ("%Y%m%dT%H%M%SZ", 16),
    ("%Y%m%dT%H%M%S%z", 0),
    ("%Y-%m-%dT%H", 13),
)


def cleaned(text: str, column: Column, formats: TableFormats) -> str:
    """The text without the space around it (free text stays verbatim); null when nothing is left."""
    # Trimming costs four times as much as seeing that there is nothing to trim.
    is_trimmed = f"left({text}, 1) between '!' and '~' and right({text}, 1) between '!' and '~'"
    trimmed = f"case when {is_trimmed} then {text} else trim({text}, {_SPACE}) end"
    kept = (
        f"nullif({trimmed}, '')"
        if column.kind is not Kind.TEXT
        else f"case when {trimmed} <> '' then {text} end"
    )
    if not formats.missing:
        return kept
    missing = ", ".join(literal(each) for each in formats.missing)
    return f"case when ({trimmed}) not in ({missing}) then {kept} end"


def cast(text: str, column: Column, formats: TableFormats) -> str:  # noqa: PLR0911 - one per kind
    """`text` is a cleaned expression; the result still has to pass `acceptable`."""
    declared = formats.columns.get(column.name, ())
    match column.kind:
        case Kind.TIMESTAMP:
            return _moment(text, declared)
        case Kind.DATE if not declared:
            # The day as written, whatever the offset: a date has no time zone to move it to.
            is_iso = f"{_starts_with_digit(text)} and try_cast({text} as timestamptz) is not null"
            return (
                f"coalesce(case when {is_iso} then try_cast({text} as date) end, ({_moment(text, ())})::date)"
            )
        case Kind.DATE:
            return f"({_moment(text, declared)})::date"
        case Kind.NUMBER:
            return f"try_cast({text} as double)"
        case Kind.WHOLE_NUMBER:
            return (
                f"case when try_cast({text} as double) = try_cast({text} as bigint)::double"
                f" then try_cast({text} as bigint) end"
            )
        case Kind.BOOLEAN:
            return (
                f"case when lower({text}) in ('true', 't', 'yes', 'y', '1', '1.0') then true"
                f" when lower({text}) in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
            )
        case Kind.JSON:
            return f"case when json_valid({text}) then {text} end::json"
        case _ if column.values:
            # "Mid-market" and "mid market" are the same word.
            word = f"replace(replace(lower({text}), ' ', '_'), '-', '_')"
            accepted = ", ".join(literal(value) for value in column.values)
            return f"case when {word} in ({accepted}) then {word} end"
        case _:
            return text


def expected(column: Column) -> str:
    """What a value of the column should have been, in words."""
    if column.values:
        return "one of " + ", ".join(column.values)
    return {
        Kind.TIMESTAMP: "a timestamp",
        Kind.DATE: "a date",
        Kind.NUMBER: "a number",
        Kind.WHOLE_NUMBER: "a whole number",
        Kind.BOOLEAN: "true or false",
        Kind.JSON: "valid JSON",
    }.get(column.kind, "text")


def acceptable(value: str, column: Column) -> str:
    """Null for what casts but is no sensible value: infinity, the year 20240."""
    match column.kind:
        case Kind.TIMESTAMP | Kind.DATE:
            kind = column.kind.sql_type
            return f"case when {value} between {kind} '{EARLIEST}' and {kind} '{LATEST}' then {value} end"
        case Kind.NUMBER:
            return f"case when isfinite({value}) then {value} end"
        case _:
            return value


def _moment(text: str, declared: tuple[str, ...]) -> str:
    """Naive UTC timestamp: declared formats first, then ISO."""
    iso = [f"try_cast({text} as timestamptz)::timestamp"]
    for each, length in _FURTHER_ISO:
        parsed = f"try_strptime({text}, {literal(each)})::timestamp"
        iso.append(f"case when length({text}) = {length} then {parsed} end" if length else parsed)
    # Words like "epoch" and "today" cast too, and are no dates anyone exported.
    tried = [_declared(text, each) for each in declared]
    tried.append(f"case when {_starts_with_digit(text)} then coalesce({', '.join(iso)}) end")
    return f"coalesce({', '.join(tried)})"


def _starts_with_digit(text: str) -> str:
    return f"{text} >= '0' and {text} < ':'"


def _declared(text: str, declared: str) -> str:
    if declared in EPOCHS:
        scale = 1_000_000 if declared == EPOCHS[0] else 1_000
        return f"make_timestamp((try_cast({text} as decimal(24, 6)) * {scale})::bigint)"
    return f"try_strptime({text}, {literal(declared)})::timestamp"
