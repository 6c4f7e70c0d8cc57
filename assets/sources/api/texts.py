"""What columns read of payloads, as text that SQL casts: column by column.

DuckDB could take the payloads apart as well, at a higher cost: each text goes through expressions of
its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from types import NoneType
from typing import Any

import orjson
import pyarrow as pa

from assets.sources.api.payloads import Payload, encoded
from assets.sources.api.tables import Column
from assets.sources.kinds import SPACE, Kind


@dataclass
class ColumnTexts:
    """The texts of one column for the rows of a batch. Without the space around them (free text stays
    verbatim), null where nothing is left; a nested value is its JSON.

    `misfits`: rows whose value is of a JSON type that cannot become the column's, whatever its text.
    """

    column: Column
    texts: list[str | None] = field(default_factory=list)
    misfits: list[int] = field(default_factory=list)

    def read(self, payloads: Sequence[Payload]) -> None:
        begin, cleaned, fits = len(self.texts), _CLEANED.get(self.column.kind), _fitting(self.column)
        values = _found(payloads, self.column.path)
        if cleaned is None:
            self.texts += [
                value.strip(SPACE) or None
                if type(value) is str
                else str(value)
                if type(value) is int
                else None
                for value in values
            ]
        else:
            self.texts += [cleaned(value) if type(value) is str else None for value in values]
        done = {str, NoneType, int} if cleaned is None and fits(0) else {str, NoneType}
        for place, value in enumerate(values, start=begin):
            if type(value) not in done:
                text, is_text = _plain(value)
                self.texts[place] = (cleaned or _trimmed)(text) if is_text and text is not None else text
                if not is_text and not fits(value):
                    self.misfits.append(place)

    def clear(self) -> None:
        self.texts.clear()
        self.misfits.clear()

    def arrays(self) -> tuple[pa.Array, pa.Array]:
        """Texts, and true for each misfit (null: fits)."""
        rows = len(self.texts)
        if not self.misfits:
            return unicode(self.texts), pa.nulls(rows, pa.bool_())
        misfits = set(self.misfits)
        return unicode(self.texts), pa.array([place in misfits or None for place in range(rows)], pa.bool_())


def unicode(texts: Sequence[str | bytes | None]) -> pa.Array:
    """Half a surrogate pair costs its character, not the row."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array(
            [each.encode("utf-8", "replace") if isinstance(each, str) else each for each in texts],
            pa.string(),
        )


def _found(payloads: Sequence[Payload], path: tuple[str | int, ...]) -> list[Any]:
    first, *further = path
    name = str(first)
    values = [payload.get(name) for payload in payloads]
    for part in further:
        if isinstance(part, int):
            values = [
                value[part] if isinstance(value, list) and len(value) > part else None for value in values
            ]
        else:
            values = [value.get(part) if isinstance(value, dict | Mapping) else None for value in values]
    return values


def _plain(value: Any) -> tuple[str | None, bool]:
    """The text of a value that is no plain string, and whether it is a string in JSON."""
    if type(value) is int:
        return str(value), False
    if type(value) is bool:
        return ("true" if value else "false"), False
    if type(value) is float:
        # As DuckDB writes it.
        return (str(value).replace("e+", "e").replace("e-0", "e-") if isfinite(value) else None), False
    text = encoded(value).decode()
    if text.startswith('"'):
        return str(orjson.loads(text)), True
    return (None if text == "null" else text), False


def _trimmed(text: str) -> str | None:
    return text.strip(SPACE) or None


def _verbatim(text: str) -> str | None:
    return text if text.strip(SPACE) else None


def _as_json(text: str) -> str | None:
    inner = text.strip(SPACE)
    return encoded(inner).decode() if inner else None


_CLEANED: dict[Kind, Callable[[str], str | None]] = {Kind.TEXT: _verbatim, Kind.JSON: _as_json}


def _fitting(column: Column) -> Callable[[Any], bool]:
    """Whether a value that is no string may become the column's: of another type, its type has changed."""
    match column.kind:
        case Kind.JSON:
            return lambda value: True
        case Kind.TIMESTAMP | Kind.DATE if column.per_second is None:
            return lambda value: False
        case Kind.TIMESTAMP | Kind.DATE | Kind.NUMBER | Kind.WHOLE_NUMBER:
            return lambda value: not isinstance(value, Mapping | list | tuple | bool)
        case _:
            return lambda value: not isinstance(value, Mapping | list | tuple)
