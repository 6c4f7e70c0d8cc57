"""HubSpot's searches: groups of filters, sorting."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulator.vendors.view import Row

GROUPS_MOST, FILTERS_MOST = 5, 6


class SearchError(ValueError):
    """The search is not one HubSpot understands; the message is what it says."""


def fits(asked: Row, properties: Row) -> bool:
    """Any group fits, and of a group every filter. No groups: everything."""
    groups = asked.get("filterGroups") or []
    if len(groups) > GROUPS_MOST or any(len(group.get("filters", [])) > FILTERS_MOST for group in groups):
        raise SearchError("too many filter groups or filters")
    return not groups or any(all(_fits(each, properties) for each in group["filters"]) for group in groups)


def _fits(asked: Row, properties: Row) -> bool:
    operator, own = asked.get("operator"), properties.get(str(asked.get("propertyName")))
    given, values = asked.get("value"), [str(value).lower() for value in asked.get("values", [])]
    simple: dict[str, Callable[[], bool]] = {
        "HAS_PROPERTY": lambda: own not in (None, ""),
        "NOT_HAS_PROPERTY": lambda: own in (None, ""),
        "IN": lambda: str(own).lower() in values,
        "NOT_IN": lambda: str(own).lower() not in values,
        "CONTAINS_TOKEN": lambda: str(given).strip("*").lower() in str(own or "").lower(),
        "EQ": lambda: bool(_same(own) == _same(given)),
        "NEQ": lambda: bool(_same(own) != _same(given)),
        "LT": lambda: _compared(own, given) == -1,
        "LTE": lambda: _compared(own, given) in (-1, 0),
        "GT": lambda: _compared(own, given) == 1,
        "GTE": lambda: _compared(own, given) in (1, 0),
        "BETWEEN": lambda: (
            _compared(own, given) in (1, 0) and _compared(own, asked.get("highValue")) in (-1, 0)
        ),
    }
    if operator not in simple:
        raise SearchError(f"unknown operator {operator!r}")
    return simple[str(operator)]()


def _compared(own: Any, given: Any) -> int | None:
    """-1, 0 or 1; None when one of them is no number and no moment."""
    left, right = _number(own), _number(given)
    return None if left is None or right is None else (left > right) - (left < right)


def _same(value: Any) -> Any:
    number = _number(value)
    return str(value).lower() if number is None else number


def _number(value: Any) -> float | None:
    """Numbers, and moments as milliseconds since 1970, which is how a filter gives them."""
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(str(value)).timestamp() * 1000
    except ValueError:
        return None


def ordered(rows: list[Row], sorts: list[Any]) -> list[Row]:
    """By the first sort, then by id, so that pages hold together."""
    rows = sorted(rows, key=lambda row: int(row["id"]))
    if not sorts:
        return rows
    first = sorts[0] if isinstance(sorts[0], dict) else {"propertyName": str(sorts[0])}
    name, descending = str(first.get("propertyName")), first.get("direction") == "DESCENDING"

    def rank(row: Row) -> tuple[float, str]:
        own = row["properties"].get(name)
        number = _number(own)
        return (float("-inf") if number is None else number, str(own or ""))

    return sorted(rows, key=rank, reverse=descending)
