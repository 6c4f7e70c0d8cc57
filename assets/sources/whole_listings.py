"""Reading all of a list by offset, from a vendor that goes on changing it.

A row that comes or goes moves the others across page borders: one may be missed. So what was read is held
against the number of rows the vendor says there are, and against a list that lost nothing on the way.
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
    """All rows, in the order they came. `ask(offset)` gives a page. Raises `GaveUpError` for a list that
    never keeps still.
    """
    for _ in range(_ATTEMPTS):
        rows, total = _read_once(ask, page_size)
        if total is None or len({key(row) for row in rows}) >= total:
            return rows
        tell(f"{name} changed while it was read; reading it again")
    raise GaveUpError(f"{name} changed each time it was read ({_ATTEMPTS} times); run again later")


def _read_once(ask: Callable[[int], Slice], page_size: int) -> tuple[list[Row], int | None]:
    rows: list[Row] = []
    while True:
        page = ask(len(rows))
        rows += page.rows
        is_last = len(page.rows) < page_size if page.total is None else len(rows) >= page.total
        if is_last or not page.rows:
            return rows, page.total
