"""Columns whose field is a setting, because each account of a vendor has custom fields of its own.

The rows of such a table carry those fields below `mapped`, by the column's name.
"""

from collections.abc import Callable, Collection, Mapping
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


def moved(
    payload: Mapping[str, Any], fields: Mapping[str, str], kept: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The payload without the chosen fields (but those in `kept`), and their values by column."""
    gone = set(fields.values()).difference(kept)
    left = {name: value for name, value in payload.items() if name not in gone}
    return left, {column: payload.get(name) for column, name in fields.items()}
