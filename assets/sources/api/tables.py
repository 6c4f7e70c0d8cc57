"""Declaring raw tables: columns with a kind and the path at which the payload holds them.

`path` is dotted (`via.channel`), a number is a position in a list (`items.0.id`); where a field's own name
has a dot in it, give the parts (`("properties", "a.b")`). Without a path the column's name is the field's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from assets.sources.kinds import Kind

Path = str | Sequence[str | int] | None
_NAME = re.compile(r"[a-z_][a-z0-9_]*[a-z0-9]|[a-z]")
# Columns of every raw table beside the declared ones; dlt adds its own to tables with history.
EXTRA, LOADED_AT, DIGEST = "extra", "_loaded_at", "_digest"


class DeclarationError(ValueError):
    """A table is declared in a way that cannot be loaded."""


@dataclass(frozen=True)
class Column:
    """`per_second`: numbers are epoch times, 1: in seconds, 1,000: in milliseconds; ISO text is read too.

    `minimum`, `maximum`: inclusive.
    """

    name: str
    kind: Kind
    path: tuple[str | int, ...]
    is_required: bool = False
    per_second: int | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Table:
    """One raw table.

    `key` identifies a row; a later row with the same key takes its place. `has_history`: versions are
    kept, each open from `_dlt_valid_from` until `_dlt_valid_to` (null: still open); deletions must come
    as rows. `is_whole`: each reading gives all rows there are; rows that no longer come are removed (with
    history: closed), but what stands of a key whose row is rejected stays. `changed_at`: column by whose
    value the vendor hands out changes: rows of the last reading's latest moments (`overlap` before the
    last) that come again unchanged are duplicates. `ignored`: top-level fields that are not kept at all
    (they change though the record does not). `unversioned`: top-level fields whose change alone is none
    (a moment of change that every touch moves): they are kept as they were when the rest last changed.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    has_history: bool = False
    is_whole: bool = False
    changed_at: str | None = None
    overlap: timedelta = timedelta(0)
    ignored: tuple[str, ...] = ()
    unversioned: tuple[str, ...] = ()
    column_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = tuple(column.name for column in self.columns)
        object.__setattr__(self, "column_names", names)
        wrong = [name for name in names if not _NAME.fullmatch(name)]
        reserved = sorted({EXTRA, LOADED_AT, DIGEST} & set(names))
        required = {column.name for column in self.columns if column.is_required}
        if wrong or reserved or len(set(names)) < len(names):
            raise DeclarationError(
                f"{self.name}: names must be snake_case, unique, not taken: {wrong or reserved}"
            )
        if not self.key or not set(self.key) <= required:
            raise DeclarationError(f"{self.name}: the columns of its key must be declared as required")
        if self.changed_at is not None and self.changed_at not in names:
            raise DeclarationError(f"{self.name}: changed_at must be one of its columns")


def identifier(name: str, path: Path = None, *, required: bool = False) -> Column:
    """Text or number, as text without the space around it: ids, words of a list, addresses."""
    return Column(name, Kind.IDENTIFIER, _parts(name, path), required)


def text(name: str, path: Path = None, *, required: bool = False) -> Column:
    """What a person wrote, verbatim."""
    return Column(name, Kind.TEXT, _parts(name, path), required)


def at(name: str, path: Path = None, *, required: bool = False, per_second: int | None = None) -> Column:
    """An instant, as UTC timestamp."""
    return Column(name, Kind.TIMESTAMP, _parts(name, path), required, per_second)


def on(name: str, path: Path = None, *, required: bool = False, per_second: int | None = None) -> Column:
    """A day."""
    return Column(name, Kind.DATE, _parts(name, path), required, per_second)


def number(
    name: str,
    path: Path = None,
    *,
    required: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Column:
    return Column(name, Kind.NUMBER, _parts(name, path), required, None, minimum, maximum)


def whole_number(
    name: str,
    path: Path = None,
    *,
    required: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Column:
    return Column(name, Kind.WHOLE_NUMBER, _parts(name, path), required, None, minimum, maximum)


def flag(name: str, path: Path = None, *, required: bool = False) -> Column:
    return Column(name, Kind.BOOLEAN, _parts(name, path), required)


def nested(name: str, path: Path = None, *, required: bool = False) -> Column:
    """A list or an object, as JSON."""
    return Column(name, Kind.JSON, _parts(name, path), required)


def _parts(name: str, path: Path) -> tuple[str | int, ...]:
    if path is None:
        return (name,)
    given = path.split(".") if isinstance(path, str) else path
    return tuple(int(part) if isinstance(part, str) and part.isdigit() else part for part in given)
