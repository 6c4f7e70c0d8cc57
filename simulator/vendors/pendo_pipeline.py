"""The steps of a Pendo aggregation after its source, as far as connectors use them."""

import re
from collections.abc import Callable
from typing import Any

from simulator.vendors.view import Row

TEST = re.compile(
    r"\s*(?P<field>[A-Za-z_][\w.]*)\s*(?P<sign>==|!=|>=|<=|>|<)\s*(?P<value>\"(?:[^\"\\]|\\.)*\"|-?[\d.]+|true|false|null)\s*"
)
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda own, given: own == given,
    "!=": lambda own, given: own != given,
    ">": lambda own, given: own is not None and own > given,
    ">=": lambda own, given: own is not None and own >= given,
    "<": lambda own, given: own is not None and own < given,
    "<=": lambda own, given: own is not None and own <= given,
}
WORDS = {"true": True, "false": False, "null": None}


class PipelineError(ValueError):
    """A step that Pendo would not run; the message says which."""


def applied(steps: list[Any], rows: list[Row]) -> list[Row]:
    """Raises PipelineError."""
    for step in steps:
        if not isinstance(step, dict) or len(step) != 1:
            raise PipelineError(f"each step names one operator: {step!r}")
        ((name, told),) = step.items()
        if name not in STEPS:
            raise PipelineError(f"unknown operator {name!r}; there are {', '.join(STEPS)}")
        try:
            rows = STEPS[name](told, rows)
        except (TypeError, AttributeError) as error:
            raise PipelineError(f"{name}: {error}") from None
    return rows


def value(row: Row, path: str) -> Any:
    own: Any = row
    for part in path.split("."):
        own = own.get(part) if isinstance(own, dict) else None
    return own


def _filtered(told: Any, rows: list[Row]) -> list[Row]:
    """`field == "text" && other > 3`; `||` binds less than `&&`."""
    either = [[_test(each) for each in part.split("&&")] for part in str(told).split("||")]
    return [row for row in rows if any(all(test(row) for test in both) for both in either)]


def _test(text: str) -> Callable[[Row], bool]:
    found = TEST.fullmatch(text)
    if found is None:
        raise PipelineError(f"filter: can't read {text.strip()!r}")
    path, compare, spelled = found["field"], SIGNS[found["sign"]], found["value"]
    if spelled.startswith('"'):
        given: Any = re.sub(r"\\(.)", r"\1", spelled[1:-1])
    else:
        given = WORDS[spelled] if spelled in WORDS else float(spelled)
    return lambda row: compare(value(row, path), given)


def _sorted(told: Any, rows: list[Row]) -> list[Row]:
    """Fields in order of weight; a minus turns one round."""
    for each in reversed([str(name) for name in told]):
        path = each.removeprefix("-")
        rows = sorted(rows, key=lambda row: _rank(value(row, path)), reverse=each.startswith("-"))
    return rows


def _rank(own: Any) -> tuple[bool, bool, Any]:
    is_number = isinstance(own, (int, float))
    return own is not None, not is_number, own if is_number else str(own or "")


STEPS: dict[str, Callable[[Any, list[Row]], list[Row]]] = {
    "identified": lambda told, rows: [row for row in rows if row.get(str(told))],
    "filter": _filtered,
    "select": lambda told, rows: [{name: value(row, path) for name, path in told.items()} for row in rows],
    "sort": _sorted,
    "limit": lambda told, rows: rows[: int(told)],
    "skip": lambda told, rows: rows[int(told) :],
    "count": lambda told, rows: [{str(told or "count"): len(rows)}],
}
