"""A line taken apart: its own keys with one look at it, and with one more each object that fields reach
into."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from assets.sources.bulk.schema import EventTable
from assets.sources.kinds import Kind
from assets.sources.sql import literal, quoted


@dataclass(frozen=True)
class Parts:
    """What the fields of a table need. `keys`: the line's own, and whether each is kept as JSON or is text;
    `below`: pointers into those that are objects."""

    keys: Mapping[str, str]
    below: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, table: EventTable) -> "Parts":
        places = [(field, *_split(place)) for field in table.fields for place in field.pointers]
        below: dict[str, dict[str, None]] = {}
        for _, key, rest in places:
            if rest:
                below.setdefault(key, {})[rest] = None
        objects = {key for field, key, rest in places if rest or field.kind is Kind.JSON}
        return cls(
            {key: "JSON" if key in objects else "VARCHAR" for _, key, _ in places},
            {key: tuple(rests) for key, rests in below.items()},
        )

    @property
    def own(self) -> str:
        """A struct column over `json`; null where that is no object."""
        return f"json_transform(json, {literal(json.dumps(self.keys))}) as own"

    @property
    def inner(self) -> list[str]:
        """A list column over `own` for each object."""
        return [
            f"json_extract_string(own.{quoted(key)}, [{', '.join(literal(rest) for rest in rests)}])"
            f" as inner_{number}"
            for number, (key, rests) in enumerate(self.below.items())
        ]

    def value(self, place: str) -> str:
        """What stands at a pointer, over these columns: JSON for one of the objects, text for all else."""
        key, rest = _split(place)
        if not rest:
            return f"own.{quoted(key)}"
        return f"inner_{list(self.below).index(key)}[{self.below[key].index(rest) + 1}]"


def _split(place: str) -> tuple[str, str]:
    """A pointer's first key, and the pointer from there on."""
    first, slash, rest = place.removeprefix("/").partition("/")
    return first.replace("~1", "/").replace("~0", "~"), slash + rest
