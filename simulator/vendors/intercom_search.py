"""Intercom's search queries: nested filters, sorting, cursors."""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from simulator.vendors.view import Row

DAY_SECONDS = 86_400
FILTERS_MOST, DEEP_MOST = 15, 2
SIZE, SIZE_MOST = 20, 150


class SearchError(ValueError):
    """The query is not one Intercom understands; the message is what it says."""


Compare = Callable[[Any, Any], bool]
COMPARE: dict[str, Compare] = {
    "=": lambda own, given: str(given) in own if isinstance(own, list) else own == given,
    "!=": lambda own, given: str(given) not in own if isinstance(own, list) else own != given,
    "IN": lambda own, given: own in given,
    "NIN": lambda own, given: own not in given,
    ">": lambda own, given: own is not None and own > given,
    ">=": lambda own, given: own is not None and own >= given,
    "<": lambda own, given: own is not None and own < given,
    "<=": lambda own, given: own is not None and own <= given,
    "~": lambda own, given: str(given).lower() in str(own or "").lower(),
    "!~": lambda own, given: str(given).lower() not in str(own or "").lower(),
    "^": lambda own, given: str(own or "").lower().startswith(str(given).lower()),
    "$": lambda own, given: str(own or "").lower().endswith(str(given).lower()),
}


def matching(query: Any, *, by_day: bool, depth: int = 0) -> Callable[[Row], bool]:
    """Whether a row fits. `by_day`: moments count as the beginning of their day (contacts).

    Raises SearchError, and so does what it returns.
    """
    if not isinstance(query, dict) or "operator" not in query or "value" not in query:
        raise SearchError("query must have an operator and a value")
    operator = query["operator"]
    if operator in ("AND", "OR"):
        if depth > DEEP_MOST or not isinstance(query["value"], list) or len(query["value"]) > FILTERS_MOST:
            raise SearchError("too many filters, or nested too deeply")
        inner = [matching(each, by_day=by_day, depth=depth + 1) for each in query["value"]]
        whole = all if operator == "AND" else any
        return lambda row: whole(each(row) for each in inner)
    if operator not in COMPARE or "field" not in query:
        raise SearchError(f"Invalid operator {operator!r} or no field")
    field, given, compare = str(query["field"]), query["value"], COMPARE[operator]
    own_value = getter(field)
    is_moment = field.endswith("_at")
    if is_moment:
        given = _moment(given)
        given = given // DAY_SECONDS if by_day and isinstance(given, int) else given

    def fits(row: Row) -> bool:
        own = own_value(row)
        if is_moment and by_day and own is not None:
            own = own // DAY_SECONDS
        try:
            return compare(own, given)
        except TypeError:
            raise SearchError(f"Value {given!r} does not fit the field {field}") from None

    return fits


def getter(field: str) -> Callable[[Row], Any]:
    """Takes a field by its name or dotted path; `contact_ids` are those of the conversation's contacts."""
    if field == "contact_ids":
        return lambda row: [each["id"] for each in row["contacts"]["contacts"]]
    first, *rest = field.split(".")

    def value(row: Row) -> Any:
        if first not in row:
            raise SearchError(f"Field {field} is not a valid search field")
        own = row[first]
        for part in rest:
            if not isinstance(own, dict):
                raise SearchError(f"Field {field} is not a valid search field")
            own = own.get(part)
        return own

    return value


def _moment(given: Any) -> Any:
    if isinstance(given, list):
        return [_moment(each) for each in given]
    try:
        return int(given)
    except (TypeError, ValueError):
        raise SearchError(f"Value {given!r} is not a timestamp") from None


def ordered(rows: list[Row], sort: Any) -> list[Row]:
    """By `{"field": ..., "order": "ascending"}`; the last changed first unless asked otherwise."""
    asked = sort if isinstance(sort, dict) else {}
    field = str(asked.get("field", "updated_at"))
    descending = asked.get("order", "descending") == "descending"
    value = getter(field)
    return sorted(rows, key=lambda row: (value(row) or 0, row["id"]), reverse=descending)


def page(rows: list[Row], pagination: Any, *, again: bool) -> tuple[list[Row], Row]:
    """A page after the row the cursor names, and Intercom's `pages`. `again`: the next page is this one.

    A cursor whose row has gone since begins where that row stood.
    """
    asked = pagination if isinstance(pagination, dict) else {}
    size = min(int(asked.get("per_page") or SIZE), SIZE_MOST)
    given = asked.get("starting_after")
    start, number = 0, 1
    if given:
        start, number, last = _decoded(str(given))
        ids = [row["id"] for row in rows]
        start = ids.index(last) + 1 if last in ids else start
    shown = rows[start : start + size]
    pages: Row = {"type": "pages", "page": number, "per_page": size, "total_pages": -(-len(rows) // size)}
    if again:
        pages["next"] = {"per_page": size, "starting_after": given or _encoded([0, 1, ""])}
    elif start + size < len(rows):
        after = _encoded([start + size, number + 1, shown[-1]["id"]])
        pages["next"] = {"per_page": size, "starting_after": after}
    return shown, pages


def _encoded(position: list[Any]) -> str:
    return base64.b64encode(json.dumps(position).encode()).decode()


def _decoded(cursor: str) -> tuple[int, int, str]:
    try:
        start, number, last = json.loads(base64.b64decode(cursor, validate=True))
        return int(start), int(number), str(last)
    except (ValueError, binascii.Error):
        raise SearchError("The cursor starting_after is invalid") from None
