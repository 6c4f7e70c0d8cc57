"""Text to typed values, as DuckDB expressions: null for what does not cast, so that the caller can tell.

The connection's time zone is UTC: a timestamp with an offset is moved to UTC, one without is taken as UTC.
One `try_strptime` per format: given a list, DuckDB 2.0 carries the offset of one row over to the next.
"""

from assets.sources import kinds
from assets.sources.drop.formats import EPOCHS, TableFormats
from assets.sources.drop.schema import Column, Kind
from assets.sources.sql import literal


def cleaned(text: str, column: Column, formats: TableFormats) -> str:
    """The text without the space around it (free text stays verbatim); null when nothing is left."""
    trimmed = kinds.trimmed(text)
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
            return f"coalesce({kinds.iso_day(text)}, ({_moment(text, ())})::date)"
        case Kind.DATE:
            return f"({_moment(text, declared)})::date"
        case Kind.NUMBER:
            return kinds.number(text)
        case Kind.WHOLE_NUMBER:
            return kinds.whole_number(text)
        case Kind.BOOLEAN:
            return kinds.truth(text)
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
    return "one of " + ", ".join(column.values) if column.values else column.kind.described


def acceptable(value: str, column: Column) -> str:
    """Null for what casts but is no sensible value: infinity, the year 20240."""
    return kinds.acceptable(value, column.kind)


def _moment(text: str, declared: tuple[str, ...]) -> str:
    """Naive UTC timestamp: declared formats first, then ISO."""
    return f"coalesce({', '.join([*(_declared(text, each) for each in declared), kinds.iso_moment(text)])})"


def _declared(text: str, declared: str) -> str:
    if declared in EPOCHS:
        return kinds.epoch_moment(text, per_second=1 if declared == EPOCHS[0] else 1_000)
    return f"try_strptime({text}, {literal(declared)})::timestamp"
