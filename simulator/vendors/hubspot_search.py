"""HubSpot's searches: groups of filters, sorting."""

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from simulator.vendors.view import Row

GROUPS_MOST, FILTERS_MOST = 5, 6
ID = "hs_object_id"
Fits = Callable[[Row], bool]


class SearchError(ValueError):
    """The search is not one HubSpot understands; the message is what it says."""


def above(asked: Row) -> tuple[int | None, Row]:
    """The id that a search by id begins above, and the search without that bound: what `later` leaves of it.

    Only of a single group, sorted by id.
    """
    groups, sorts = asked.get("filterGroups") or [], asked.get("sorts") or [ID]
    plain = {name: asked.get(name) for name in ("filterGroups", "sorts")}
    by_id = len(sorts) == 1 and sorts[0] in (
        ID,
        {"propertyName": ID},
        {"propertyName": ID, "direction": "ASCENDING"},
    )
    if len(groups) != 1 or not by_id:
        return None, plain
    filters = groups[0].get("filters", [])
    bounds = [f for f in filters if f.get("propertyName") == ID and f.get("operator") == "GT"]
    if len(bounds) != 1 or not str(bounds[0].get("value")).isdigit():
        return None, plain
    kept = [each for each in filters if each is not bounds[0]]
    return int(bounds[0]["value"]), {**plain, "filterGroups": [{"filters": kept}]}


def later(rows: list[Row], number: int) -> list[Row]:
    """Of rows in the order of their ids those above one."""
    return rows[bisect_right(rows, number, key=lambda row: int(row["id"])) :]


def fitting(asked: Row) -> Fits:
    """Whether properties fit the search: any group does, and of a group every filter. No groups: everything.

    Raises SearchError.
    """
    groups = asked.get("filterGroups") or []
    if len(groups) > GROUPS_MOST or any(len(group.get("filters", [])) > FILTERS_MOST for group in groups):
        raise SearchError("too many filter groups or filters")
    needed = [[_filter(each) for each in group["filters"]] for group in groups]
    return lambda properties: not needed or any(all(each(properties) for each in group) for group in needed)


def _filter(asked: Row) -> Fits:
    operator, name = asked.get("operator"), str(asked.get("propertyName"))
    given, high = asked.get("value"), _number(asked.get("highValue"))
    number, same = _number(given), _same(given)
    values = {str(value).lower() for value in asked.get("values", [])}
    token = str(given).strip("*").lower()
    simple: dict[str, Callable[[Any], bool]] = {
        "HAS_PROPERTY": lambda own: own not in (None, ""),
        "NOT_HAS_PROPERTY": lambda own: own in (None, ""),
        "IN": lambda own: str(own).lower() in values,
        "NOT_IN": lambda own: str(own).lower() not in values,
        "CONTAINS_TOKEN": lambda own: token in str(own or "").lower(),
        "NOT_CONTAINS_TOKEN": lambda own: token not in str(own or "").lower(),
        "EQ": lambda own: bool(_same(own) == same),
        "NEQ": lambda own: bool(_same(own) != same),
        "LT": lambda own: _between(own, None, number) and _number(own) != number,
        "LTE": lambda own: _between(own, None, number),
        "GT": lambda own: _between(own, number, None) and _number(own) != number,
        "GTE": lambda own: _between(own, number, None),
        "BETWEEN": lambda own: _between(own, number, high),
    }
    if operator not in simple:
        raise SearchError(f"unknown operator {operator!r}")
    if operator in ("LT", "LTE", "GT", "GTE", "BETWEEN") and number is None:
        raise SearchError(f"{given!r} is no number and no moment")
    test = simple[str(operator)]
    return lambda properties: test(properties.get(name))


def _between(own: Any, low: float | None, high: float | None) -> bool:
    """Both ends included; what is no number and no moment is nowhere."""
    number = _number(own)
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


def _same(value: Any) -> Any:
    number = _number(value)
    return str(value).lower() if number is None else number


def _number(value: Any) -> float | None:
    """Numbers, and moments as milliseconds since 1970, which is how a filter gives them."""
    return None if value is None else _parsed(str(value))


@lru_cache(1 << 18)
def _parsed(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(value).timestamp() * 1000
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
