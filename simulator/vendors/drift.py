"""Schema drift by configuration: from a day on answers have a field more, or one of another type."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import orjson

from simulator.vendors.message import Answer

TYPES: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: value if isinstance(value, str) else orjson.dumps(value).decode(),
    "number": lambda value: value if isinstance(value, (int, float)) else len(str(value)),
    "object": lambda value: {"value": value},
    "list": lambda value: [value],
    "null": lambda value: None,
}


class DriftError(ValueError):
    """A configured drift is impossible; the message says what to change."""


@dataclass(frozen=True)
class Drift:
    """Changes the objects in answers of `vendor` to requests whose path matches, from the day `since` on.

    With `beside`, every object that has that field gets `field` with `value`. With `to` (text, number,
    object, list, null), every `field` that is not null becomes of that type.
    """

    vendor: str
    field: str
    since: date
    path: str = "*"
    beside: str | None = None
    value: Any = "new"
    to: str | None = None

    def __post_init__(self) -> None:
        if (self.beside is None) == (self.to is None):
            raise DriftError(f"drift of {self.field!r} needs either beside (a new field) or to (a new type)")
        if self.to is not None and self.to not in TYPES:
            raise DriftError(f"{self.to!r} is no type; there are: {', '.join(TYPES)}")

    @classmethod
    def of(cls, given: dict[str, Any]) -> "Drift":
        return cls(**{**given, "since": date.fromisoformat(str(given.get("since")))})

    def applies(self, vendor: str, path: str, today: date) -> bool:
        return self.vendor == vendor and today >= self.since and fnmatchcase(path, self.path)

    def changed(self, value: Any) -> Any:
        """The same with every object in it drifted."""
        if isinstance(value, list):
            return [self.changed(each) for each in value]
        if not isinstance(value, dict):
            return value
        inner = {name: self.changed(each) for name, each in value.items()}
        if self.to is not None and inner.get(self.field) is not None:
            inner[self.field] = TYPES[self.to](inner[self.field])
        elif self.beside is not None and self.beside in inner:
            inner[self.field] = self.value
        return inner


def drifted(answer: Answer, drifts: Iterable[Drift]) -> Answer:
    """JSON, or lines of it. Errors and packed files stay as they are."""
    kind, applying = answer.headers.get("Content-Type", ""), list(drifts)
    if not applying or answer.status >= 300:  # noqa: PLR2004 -- not a success
        return answer
    if "json" in kind:
        return Answer(answer.status, _applied(answer.body, applying), answer.headers)
    if kind == "text/plain":
        lines = (_applied(line, applying) + b"\n" for line in answer.body.splitlines())
        return Answer(answer.status, b"".join(lines), answer.headers)
    return answer


def _applied(body: bytes, drifts: list[Drift]) -> bytes:
    try:
        value = orjson.loads(body)
    except ValueError:
        return body
    for drift in drifts:
        value = drift.changed(value)
    return orjson.dumps(value)
