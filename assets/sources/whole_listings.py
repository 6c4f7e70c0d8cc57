"""Reading all of a list by offset, from a vendor that goes on changing it.

A row that goes moves the ones after it across a page's border, and one would be missed. So each page begins
with the last row of the one before: if another one stands there, the list has moved, and is read again.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.sources.api.errors import GaveUpError
from assets.sources.connector import Tell

Row = Mapping[str, Any]
_ATTEMPTS = 3


@dataclass(frozen=True)
class Slice:
    """A page: its rows, and how many the whole list has, where the vendor says so."""

    rows: Sequence[Row]
    total: int | None


def read_whole(
    ask: Callable[[int], Slice], key: Callable[[Row], Hashable], *, page_size: int, name: str, tell: Tell
) -> list[Row]:
    """All rows, in the order they came. `ask(offset)` gives a page, `key` names a row. Raises `GaveUpError`
    for a list that never keeps still.
    """
    for _ in range(_ATTEMPTS):
        rows = _read_once(ask, key, page_size)
        if rows is not None:
            return rows
        tell(f"{name} changed while it was read; reading it again")
    raise GaveUpError(f"{name} changed each time it was read ({_ATTEMPTS} times); run again later")


def _read_once(
    ask: Callable[[int], Slice], key: Callable[[Row], Hashable], page_size: int
) -> list[Row] | None:
    """None: the list moved on the way."""
    overlap = 1 if page_size > 1 else 0
    rows: list[Row] = []
    while True:
        repeated = overlap if rows else 0
        page = ask(len(rows) - repeated)
        if repeated and (not page.rows or key(page.rows[0]) != key(rows[-1])):
            return None
        rows += page.rows[repeated:]
        if page.total is not None and len(rows) >= page.total:
            return rows
        if len(page.rows) <= repeated or (page.total is None and len(page.rows) < page_size):
            return rows if page.total is None else None
