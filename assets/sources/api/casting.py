"""A column's value from the text in a payload: DuckDB expressions, null where it does not cast."""

from assets.sources import kinds
from assets.sources.api.tables import Column
from assets.sources.kinds import Kind

_SHOWN_CHARACTERS = 60


def cast(text: str, is_misfit: str, column: Column) -> str:
    """`text` is cleaned; `is_misfit` is true where its JSON type cannot become the column's, else null."""
    if column.kind is Kind.JSON:
        return text
    value = kinds.acceptable(f"({_value(text, column)})", column.kind)
    return f"case when {is_misfit} is null then {value} end"


def shown(text: str) -> str:
    """The value in quotes for a reason, cut when long."""
    cut = f"left({text}, {_SHOWN_CHARACTERS}) || '…'"
    return f"'''' || case when length({text}) > {_SHOWN_CHARACTERS} then {cut} else {text} end || ''''"


def _value(text: str, column: Column) -> str:
    match column.kind:
        case Kind.TIMESTAMP:
            return _moment(text, column)
        case Kind.DATE:
            return f"coalesce({kinds.iso_day(text)}, ({_moment(text, column)})::date)"
        case Kind.NUMBER:
            return kinds.number(text)
        case Kind.WHOLE_NUMBER:
            return kinds.whole_number(text)
        case Kind.BOOLEAN:
            return kinds.truth(text)
        case _:
            return text


def _moment(text: str, column: Column) -> str:
    if column.per_second is None:
        return kinds.iso_moment(text)
    is_number = f"try_cast({text} as decimal(24, 6)) is not null"
    epoch = kinds.epoch_moment(text, per_second=column.per_second)
    return f"case when {is_number} then {epoch} else {kinds.iso_moment(text)} end"
