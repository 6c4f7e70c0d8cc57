"""What an export of events is made of: which place of a line becomes which column, and what a line must
have."""

import json
from dataclasses import dataclass

from assets.sources.kinds import Kind
from assets.sources.sql import literal

# What every raw row carries beside the vendor's fields. `_file` is the unit of the export (a file, a day,
# an hour).
PROVENANCE = (
    ("extra", "json"),
    ("_file", "varchar"),
    ("_line", "bigint"),
    ("_load_id", "bigint"),
    ("_is_duplicate", "boolean"),
)
TRAITS = "traits"
# What people and groups were seen to be called, long: one row per value, so that the order of loading is of
# no matter.
TRAITS_COLUMNS = (
    ("kind", "varchar"),
    ("key", "varchar"),
    ("trait", "varchar"),
    ("value", "varchar"),
    ("first_seen_at", "timestamp"),
    ("last_seen_at", "timestamp"),
)


@dataclass(frozen=True)
class Field:
    """A column and where its value stands in a line.

    `pointers`: JSON pointers (RFC 6901); the first with a value counts. `is_epoch`: a moment may also be a
    number of seconds, milliseconds or microseconds since 1970, told apart by its size. `zone`: such a
    number counts the wall clock of this time zone. `is_lenient`: a value of another kind is left null
    instead of rejecting the line (it stays in its object). `values`: the accepted words, any case.
    `is_past`: later than the load plus a day is an error. `wall_clock`: the moment is kept as the clocks of
    this time zone show it, for vendors whose days are not UTC's. `or_hash`: where there is no value, the
    line's own hash stands for it; `or_place`: its unit and number do, so that two equal lines are two events.
    """

    name: str
    kind: Kind
    pointers: tuple[str, ...]
    is_required: bool = False
    is_lenient: bool = False
    is_epoch: bool = False
    is_past: bool = False
    zone: str | None = None
    wall_clock: str | None = None
    or_hash: bool = False
    or_place: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trait:
    """What a line says about a person (`user`) or an account (`group`): SQL over the raw columns, as text."""

    kind: str
    key: str
    name: str
    value: str


@dataclass(frozen=True)
class Rule:
    """SQL over the raw columns that is true of a line which cannot be taken, and the reason given."""

    broken_when: str
    reason: str


@dataclass(frozen=True)
class EventTable:
    """`key`: the column with the event's id; `occurred_at`: the one whose UTC day the event counts for.

    `read_keys`: the line's own keys that columns take up whole; what is in others is kept in `extra`.
    `quarantine`: where rejected lines go; a name of its own where records of the system have theirs.
    """

    name: str
    key: str
    occurred_at: str
    fields: tuple[Field, ...]
    read_keys: frozenset[str]
    rules: tuple[Rule, ...] = ()
    traits: tuple[Trait, ...] = ()
    quarantine: str = "_quarantine"

    @property
    def raw_columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of every column of the raw table, in order."""
        return tuple((field.name, field.kind.sql_type) for field in self.fields) + PROVENANCE


def pointer(*keys: str) -> str:
    """RFC 6901: a path that holds for any key."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def text_at(column: str, key: str, place: str | None = None) -> str:
    """SQL: the text under a key of a column of objects. `place`: SQL of the pointer, where that is not
    the key alone."""
    found = f"json_extract_string({column}, {place or literal(pointer(key))})"
    written = json.dumps(key, ensure_ascii=False)
    if written != f'"{key}"':
        return found
    # Most objects have no such key, and seeing that costs less than taking them apart. Without the quote
    # before it: the search would stop at every other.
    return f"case when contains({column}::varchar, {literal(written[1:])}) then {found} end"
