"""OData's $filter and $orderby, as far as ChurnZero's connectors use them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from simulator.vendors.view import Row

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')"
    r"|(?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w/]*)|(?P<sign>[(),]))"
)
Condition = Callable[[Row], bool]
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda own, given: own == given,
    "ne": lambda own, given: own != given,
    "gt": lambda own, given: own is not None and given is not None and own > given,
    "ge": lambda own, given: own is not None and given is not None and own >= given,
    "lt": lambda own, given: own is not None and given is not None and own < given,
    "le": lambda own, given: own is not None and given is not None and own <= given,
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda own, given: given in own,
    "startswith": lambda own, given: own.startswith(given),
    "endswith": lambda own, given: own.endswith(given),
}
WORDS = {"true": True, "false": False, "null": None}


class ODataError(ValueError):
    """A query option that can't be understood."""


def condition(text: str, fields: set[str]) -> Condition:
    """Raises ODataError."""
    return _Parser(text, fields).whole()


def ordered(rows: list[Row], text: str, fields: set[str]) -> list[Row]:
    """`A desc,B`; nulls first. Raises ODataError."""
    for part in reversed(text.split(",")):
        name, _, way = part.strip().partition(" ")
        if name not in fields:
            raise ODataError(f"Could not find a property named '{name}'.")
        down = way.strip().lower() == "desc"
        rows = sorted(rows, key=lambda row: (row[name] is not None, row[name] or 0), reverse=down)
    return rows


class _Parser:
    def __init__(self, text: str, fields: set[str]) -> None:
        self._fields, self._tokens, self._at = fields, list[tuple[str, str]](), 0
        place, text = 0, text.strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise ODataError(f"Syntax error at position {place} in '{text}'.")
            self._tokens.append((found.lastgroup, found.group(found.lastgroup)))
            place = found.end()

    def whole(self) -> Condition:
        found = self._either()
        if self._at < len(self._tokens):
            raise ODataError(f"Syntax error at '{self._tokens[self._at][1]}'.")
        return found

    def _take(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == word:
            self._at += 1
            return True
        return False

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise ODataError("Expression expected.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Condition:
        options = [self._both()]
        while self._take("or"):
            options.append(self._both())
        return lambda row: any(each(row) for each in options)

    def _both(self) -> Condition:
        needed = [self._single()]
        while self._take("and"):
            needed.append(self._single())
        return lambda row: all(each(row) for each in needed)

    def _single(self) -> Condition:
        if self._take("not"):
            denied = self._single()
            return lambda row: not denied(row)
        if self._take("("):
            inside = self._either()
            self._close()
            return inside
        kind, name = self._next()
        if kind == "name" and name in FUNCTIONS and self._take("("):
            test, field = FUNCTIONS[name], self._field(self._next())
            if not self._take(","):
                raise ODataError(f"{name} takes two arguments.")
            given = str(self._literal())
            self._close()
            return lambda row: test(str(row[field] or ""), given)
        field, sign = self._field((kind, name)), self._next()[1]
        if sign not in SIGNS:
            raise ODataError(f"Unknown operator '{sign}'.")
        compare, value = SIGNS[sign], self._literal()
        return lambda row: compare(_like(row[field], value), value)

    def _close(self) -> None:
        if not self._take(")"):
            raise ODataError("')' expected.")

    def _field(self, token: tuple[str, str]) -> str:
        if token[0] != "name" or token[1] not in self._fields:
            raise ODataError(f"Could not find a property named '{token[1]}'.")
        return token[1]

    def _literal(self) -> Any:
        kind, value = self._next()
        if kind == "text":
            return value[1:-1].replace("''", "'")
        if kind == "number":
            return float(value)
        if kind == "moment":
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if value in WORDS:
            return WORDS[value]
        raise ODataError(f"'{value}' is no value.")


def _like(own: Any, given: Any) -> Any:
    """The row's value in the literal's kind; None where it has none."""
    if isinstance(given, datetime) and isinstance(own, str):
        return datetime.fromisoformat(own)
    if isinstance(given, str) != isinstance(own, str) and own is not None and given is not None:
        return str(own) if isinstance(given, str) else None
    return own
