"""Kinds of values in raw columns, and how text becomes one: DuckDB expressions, null for what does not cast.

The connection's time zone is UTC: a timestamp with an offset is moved to UTC, one without is taken as UTC.
"""

from enum import StrEnum

from assets.sources.sql import literal

# Beyond these a date is a slip of the pen, and outside what nanosecond timestamps hold.
EARLIEST, LATEST = "1900-01-01", "2262-01-01"
# Space, tab, line ends, no-break space, byte order mark, zero-width space.
SPACE = " \t\n\r\u00a0\ufeff\u200b"
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


class Kind(StrEnum):
    """How a text value becomes a column's value."""

    IDENTIFIER = "identifier"  # text with the space around it removed
    TEXT = "text"  # text, verbatim
    TIMESTAMP = "timestamp"
    DATE = "date"
    NUMBER = "number"
    WHOLE_NUMBER = "whole number"
    BOOLEAN = "boolean"
    JSON = "json"

    @property
    def sql_type(self) -> str:
        """The column type of the raw table; timestamps are UTC."""
        return _SQL_TYPES.get(self, "varchar")

    @property
    def described(self) -> str:
        """What a value should have been, in words."""
        return _DESCRIBED.get(self, "text")


_SQL_TYPES = {
    Kind.TIMESTAMP: "timestamp",
    Kind.DATE: "date",
    Kind.NUMBER: "double",
    Kind.WHOLE_NUMBER: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.JSON: "json",
}
_DESCRIBED = {
    Kind.TIMESTAMP: "a timestamp",
    Kind.DATE: "a date",
    Kind.NUMBER: "a number",
    Kind.WHOLE_NUMBER: "a whole number",
    Kind.BOOLEAN: "true or false",
    Kind.JSON: "valid JSON",
}


def trimmed(text: str) -> str:
    """The text without the space around it."""
    # Trimming costs four times as much as seeing that there is nothing to trim.
    is_trimmed = f"left({text}, 1) between '!' and '~' and right({text}, 1) between '!' and '~'"
    return f"case when {is_trimmed} then {text} else trim({text}, {literal(SPACE)}) end"


def iso_moment(text: str) -> str:
    """ISO 8601 as a naive UTC timestamp; words like "epoch" and "today" cast too, and are no dates."""
    iso = [f"try_cast({text} as timestamptz)::timestamp"]
    for each, length in _FURTHER_ISO:
        parsed = f"try_strptime({text}, {literal(each)})::timestamp"
        iso.append(f"case when length({text}) = {length} then {parsed} end" if length else parsed)
    return f"case when {starts_with_digit(text)} then coalesce({', '.join(iso)}) end"


def iso_day(text: str) -> str:
    """The day as written, whatever the offset: a date has no time zone to move it to."""
    is_iso = f"{starts_with_digit(text)} and try_cast({text} as timestamptz) is not null"
    return f"case when {is_iso} then try_cast({text} as date) end"


def epoch_moment(text: str, *, per_second: int) -> str:
    """Seconds (1), milliseconds (1,000) or microseconds (1,000,000) since 1970 as a naive UTC timestamp."""
    microseconds = 1_000_000 // per_second
    # Beyond that DuckDB refuses the whole statement, not the value.
    number = f"try_cast({text} as decimal(24, 6)) * {microseconds}"
    return f"make_timestamp(case when abs({number}) < 9000000000000000 then {number} end::bigint)"


def number(text: str) -> str:
    return f"try_cast({text} as double)"


def whole_number(text: str) -> str:
    return (
        f"case when try_cast({text} as double) = try_cast({text} as bigint)::double"
        f" then try_cast({text} as bigint) end"
    )


def truth(text: str) -> str:
    return (
        f"case when lower({text}) in ('true', 't', 'yes', 'y', '1', '1.0') then true"
        f" when lower({text}) in ('false', 'f', 'no', 'n', '0', '0.0') then false end"
    )


def acceptable(value: str, kind: Kind) -> str:
    """Null for what casts but is no sensible value: infinity, the year 20240."""
    match kind:
        case Kind.TIMESTAMP | Kind.DATE:
            return (
                f"case when {value} between {kind.sql_type} '{EARLIEST}' and {kind.sql_type} '{LATEST}'"
                f" then {value} end"
            )
        case Kind.NUMBER:
            return f"case when isfinite({value}) then {value} end"
        case _:
            return value


def starts_with_digit(text: str) -> str:
    return f"{text} >= '0' and {text} < ':'"
