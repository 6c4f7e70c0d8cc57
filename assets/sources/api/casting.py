"""A column's value from a payload's text and JSON type: DuckDB expressions, null where it does not cast."""

from assets.sources import kinds
from assets.sources.api.tables import Column
from assets.sources.kinds import Kind
from assets.sources.sql import literal

_SHOWN_CHARACTERS = 60


def json_path(column: Column) -> str:
    """`$."via"."channel"`, as a SQL literal."""
    parts = (f"[{part}]" if isinstance(part, int) else f'."{part}"' for part in column.path)
    return literal("$" + "".join(parts))


def cleaned(text: str, column: Column) -> str:
    """Without the space around it (free text stays verbatim); null when nothing is left."""
    trimmed = kinds.trimmed(text)
    if column.kind is Kind.TEXT:
        return f"case when {trimmed} <> '' then {text} end"
    return f"nullif({trimmed}, '')"


def cast(text: str, json_type: str, column: Column) -> str:
    """`text` is cleaned; `json_type` is the name of its type in the payload."""
    if column.kind is Kind.JSON:
        # The text of a JSON string has lost its quotes.
        return f"case when {json_type} = 'VARCHAR' then to_json({text})::varchar else {text} end"
    value = kinds.acceptable(f"({_value(text, column)})", column.kind)
    return f"case when {_is_accepted(json_type, column)} then {value} end"


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


def _is_accepted(json_type: str, column: Column) -> str:
    """Whether a value of this JSON type may become the column's; of another, its type has changed."""
    match column.kind:
        case Kind.TIMESTAMP | Kind.DATE if column.per_second is None:
            return f"{json_type} = 'VARCHAR'"
        case Kind.TIMESTAMP | Kind.DATE | Kind.NUMBER | Kind.WHOLE_NUMBER:
            return f"{json_type} not in ('OBJECT', 'ARRAY', 'BOOLEAN')"
        case _:
            return f"{json_type} not in ('OBJECT', 'ARRAY')"
