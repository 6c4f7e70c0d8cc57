"""Salesforce's query language, as far as connectors speak it: one object, conditions, order, limit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from simulator.vendors.view import Row

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<date>\d{4}-\d\d-\d\d)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w.]*(?::\d+)?)|(?P<sign><=|>=|!=|<>|[=<>(),*]))"
)
Condition = Callable[[Row], bool]


class QueryError(ValueError):
    """Not understood. The message is what Salesforce would say: MALFORMED_QUERY."""


@dataclass(frozen=True)
class Query:
    """`fields` as written; `COUNT()` alone counts. `names`: every field the query mentions, to be checked."""

    fields: list[str]
    source: str
    fits: Condition
    order: list[tuple[str, bool]]
    limit: int | None
    offset: int
    names: list[str]

    @property
    def counts(self) -> bool:
        return self.fields == ["COUNT()"]


def field_value(row: Row, name: str) -> Any:
    """A field, or a parent's (`Account.Name`)."""
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def selected(rows: list[Row], query: Query) -> list[Row]:
    """Rows that fit, in the order asked for; nulls first, as Salesforce has them."""
    found = [row for row in rows if query.fits(row)]
    for name, descending in reversed(query.order):
        found.sort(key=lambda row: _sortable(field_value(row, name)), reverse=descending)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else "")


def parse(text: str, now: datetime) -> Query:
    """Raises QueryError. `now` is what TODAY and LAST_N_DAYS count from."""
    return _Parser(text, now).query()


class _Parser:
    def __init__(self, text: str, now: datetime) -> None:
        self._text, self._now, self._names = text, now, list[str]()
        self._tokens: list[tuple[str, str]] = []
        position, text = 0, text.strip()
        while position < len(text):
            found = TOKEN.match(text, position)
            if not found or found.lastgroup is None:
                raise QueryError(f"unexpected token: '{text[position : position + 20]}'")
            self._tokens.append((found.lastgroup, found.group(found.lastgroup)))
            position = found.end()
        self._at = 0

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _word(self) -> str:
        return self._peek().upper()

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise QueryError("unexpected token: '<EOF>'")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, *words: str) -> bool:
        following = [value.upper() for _, value in self._tokens[self._at : self._at + len(words)]]
        if following != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, *words: str) -> None:
        if not self._take(*words):
            raise QueryError(f"expecting {' '.join(words)}, found '{self._peek() or '<EOF>'}'")

    def _field(self) -> str:
        kind, value = self._next()
        if kind != "name":
            raise QueryError(f"unexpected token: '{value}'")
        self._names.append(value)
        return value

    def query(self) -> Query:
        self._expect("SELECT")
        fields = [self._column()]
        while self._take(","):
            fields.append(self._column())
        self._expect("FROM")
        source = self._next()[1]
        fits = self._either() if self._take("WHERE") else lambda row: True
        order = self._order() if self._take("ORDER", "BY") else []
        limit = int(self._next()[1]) if self._take("LIMIT") else None
        offset = int(self._next()[1]) if self._take("OFFSET") else 0
        if self._peek():
            raise QueryError(f"unexpected token: '{self._peek()}'")
        return Query(fields, source, fits, order, limit, offset, self._names)

    def _column(self) -> str:
        for whole in ("COUNT", "FIELDS"):
            if self._take(whole, "("):
                inner = "" if self._peek() == ")" else self._next()[1].upper()
                self._expect(")")
                return f"{whole}({inner})"
        return self._field()

    def _order(self) -> list[tuple[str, bool]]:
        order = []
        while True:
            name = self._field()
            descending = self._take("DESC")
            if not descending:
                self._take("ASC")
            self._take("NULLS", "FIRST")
            self._take("NULLS", "LAST")
            order.append((name, descending))
            if not self._take(","):
                return order

    def _either(self) -> Condition:
        options = [self._both()]
        while self._take("OR"):
            options.append(self._both())
        return options[0] if len(options) == 1 else lambda row: any(fits(row) for fits in options)

    def _both(self) -> Condition:
        needed = [self._single()]
        while self._take("AND"):
            needed.append(self._single())
        return needed[0] if len(needed) == 1 else lambda row: all(fits(row) for fits in needed)

    def _single(self) -> Condition:
        if self._take("NOT"):
            denied = self._single()
            return lambda row: not denied(row)
        if self._take("("):
            inside = self._either()
            self._expect(")")
            return inside
        name = self._field()
        if self._take("NOT", "IN") or self._take("IN"):
            negative = self._tokens[self._at - 2][1].upper() == "NOT"
            self._expect("(")
            options = [self._literal()]
            while self._take(","):
                options.append(self._literal())
            self._expect(")")
            return lambda row: (field_value(row, name) in options) != negative
        if self._take("LIKE"):
            spelled = re.escape(str(self._literal())).replace("%", ".*").replace("_", ".")
            pattern = re.compile(spelled, re.IGNORECASE | re.DOTALL)
            return lambda row: bool(pattern.fullmatch(str(field_value(row, name) or "")))
        sign = self._next()[1]
        return _comparison(name, sign, self._literal())

    def _literal(self) -> Any:
        kind, value = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "number":
            return float(value)
        if kind == "moment":
            return datetime.fromisoformat(value).astimezone(UTC)
        if kind == "date":
            return date.fromisoformat(value)
        word, _, days = value.upper().partition(":")
        known = {"TRUE": True, "FALSE": False, "NULL": None, "TODAY": self._now.date()}
        if word in known:
            return known[word]
        if word == "LAST_N_DAYS" and days:
            return self._now.date() - timedelta(days=int(days))
        raise QueryError(f"unexpected token: '{value}'")


def _comparison(name: str, sign: str, given: Any) -> Condition:
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda own, other: own == other,
        "!=": lambda own, other: own != other,
        "<>": lambda own, other: own != other,
        "<": lambda own, other: own < other,
        "<=": lambda own, other: own <= other,
        ">": lambda own, other: own > other,
        ">=": lambda own, other: own >= other,
    }
    if sign not in signs:
        raise QueryError(f"unexpected token: '{sign}'")
    compare = signs[sign]
    # text is compared whatever its case; of ids the case matters
    is_text = isinstance(given, str) and not name.endswith("Id")
    other = given.lower() if is_text else given

    def fits(row: Row) -> bool:
        own = field_value(row, name)
        own = own if isinstance(given, str) and not is_text else comparable(own, given)
        if sign in ("=", "!=", "<>"):
            return compare(own, other)
        return own is not None and given is not None and compare(own, other)

    return fits


def comparable(own: Any, given: Any) -> Any:
    """The row's value in the literal's kind: a moment, a day, a number, or text in lower case."""
    if isinstance(given, datetime) and isinstance(own, str):
        return datetime.fromisoformat(own)
    if isinstance(given, date) and isinstance(own, str):
        return date.fromisoformat(own[:10])
    return own.lower() if isinstance(own, str) and isinstance(given, str) else own
