"""Columns whose field is a setting, because each account of a vendor has custom fields of its own.

The rows of such a table carry those fields below `mapped`, by the column's name.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assets.sources.api.tables import Column, Path

MAPPED = "mapped"
# Field by column, by table.
FieldNames = Mapping[str, Mapping[str, str]]


def several(
    made: Callable[..., Column], names: str, path: Callable[[str], Path] = lambda name: None
) -> tuple[Column, ...]:
    """Columns of one kind: `several(at, "created_at updated_at")`."""
    return tuple(made(name, path(name)) for name in names.split())


def mapped(made: Callable[..., Column], names: str) -> tuple[Column, ...]:
    """Columns that a setting gives their field."""
    return several(made, names, lambda name: (MAPPED, name))


def chosen(defaults: FieldNames, given: FieldNames) -> dict[str, dict[str, str]]:
    """Field by column, by table: the defaults, but what is given; an empty name is none.

    Raises ValueError for a table or column that no field can be given.
    """
    for table, fields in given.items():
        if table not in defaults:
            raise ValueError(f"{table!r} is no table with fields to choose; there are: {', '.join(defaults)}")
        if unknown := sorted(set(fields) - set(defaults[table])):
            there = ", ".join(defaults[table])
            raise ValueError(f"{table}.{unknown[0]} is no column with a field to choose; there are: {there}")
    return {
        table: {column: name for column, name in {**fields, **given.get(table, {})}.items() if name}
        for table, fields in defaults.items()
    }


@dataclass(frozen=True)
class FieldSelection:
    """The fields of a table that are asked for, where a vendor gives no more than it is asked for.

    `names`: all of them. `by_column`: the chosen field of each column that has one. `missing`: fields of
    columns that are not there, or not visible. `crowded_out`: how many custom fields found no room.
    """

    names: tuple[str, ...]
    own: frozenset[str]
    by_column: Mapping[str, str]
    missing: tuple[str, ...]
    crowded_out: int

    @classmethod
    def of(
        cls,
        there: Mapping[str, bool],
        *,
        own: Collection[str],
        wanted: Mapping[str, str],
        left_out: Iterable[str],
        most_characters: int,
    ) -> "FieldSelection":
        """`there`: the fields there are, and whether they are custom ones, which are asked for too as long as
        all names together are not longer than `most_characters`. `own`: what columns read by itself;
        `wanted`: what settings name by column, in whatever case.
        """
        folded = {name.casefold(): name for name in there}
        by_column = {c: folded[name.casefold()] for c, name in wanted.items() if name.casefold() in folded}
        missing = [name for name in own if name not in there]
        missing += [name for column, name in wanted.items() if column not in by_column]
        names = list(dict.fromkeys([*(name for name in own if name in there), *by_column.values()]))
        unwanted = {name.casefold() for name in (*names, *left_out)}
        custom = [name for name, is_custom in there.items() if is_custom and name.casefold() not in unwanted]
        characters, room = sum(len(name) + 2 for name in names), 0
        for name in custom:
            characters += len(name) + 2
            room += characters <= most_characters
        return cls((*names, *custom[:room]), frozenset(own), by_column, tuple(missing), len(custom) - room)

    def moved(self, payload: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The payload without the chosen fields (but those that columns also read by themselves), and the
        chosen fields' values by column.
        """
        gone = set(self.by_column.values()) - self.own
        left = {name: value for name, value in payload.items() if name not in gone}
        return left, {column: payload.get(name) for column, name in self.by_column.items()}

    def told(self, variable: str, named: Collection[str]) -> tuple[bool, str]:
        """For a finding: whether all that a person named (`named`) is there, and what is missing."""
        words = [f"{len(self.names)} fields"]
        if self.missing:
            missing = ", ".join(self.missing)
            words.append(
                f"not there or not visible: {missing} (columns stay empty; {variable} names other fields)"
            )
        if self.crowded_out:
            words.append(f"{self.crowded_out} custom fields found no room in a request and are not kept")
        return not set(self.missing) & set(named), "; ".join(words)
