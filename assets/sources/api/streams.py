"""Streams: how a connector reads. Pages of rows, each with the cursor from which the next reading goes on."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assets.sources.api.payloads import Payload, Spoilt
from assets.sources.connector import Tell

Cursor = Any


@dataclass(frozen=True)
class Page:
    """Rows by table, and where to go on after them.

    `cursor`: any JSON value, kept in dlt's state and committed with the rows before it; None: not yet, the
    rows up to the next page that has one belong together. `settled`: by table the keys of rejected rows of
    earlier loads whose record was asked for again; those that come spoilt once more stay open. `proven`:
    whole listings of which the stream has made sure that they are not cut off: however short they are, what
    is not in them is gone.
    """

    rows: Mapping[str, Sequence[Payload | Spoilt]]
    cursor: Cursor = None
    settled: Mapping[str, Collection[str]] = field(default_factory=dict)
    proven: Collection[str] = ()


@dataclass(frozen=True)
class Reading:
    """What a stream is told: the cursor it gave last (None: the first time), the load's time (aware).

    `standing`: the keys of a table's rows as they stand in the warehouse. `rejected`: by key the payloads
    of its rejected rows that never had its columns' form and wait. Without a warehouse there are none.
    """

    cursor: Cursor
    now: datetime
    tell: Tell
    standing: Callable[[str], Collection[str]] = lambda table: ()
    rejected: Callable[[str], Mapping[str, Any]] = lambda table: {}
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, words: str) -> None:
        """Say that nothing can be read, though the rest makes sense without; the stream then gives nothing.

        It does not count as a look at its tables: what was read before and is not shown any more grows stale.
        """
        self.left_out.append(words)
        self.tell(words)


@dataclass(frozen=True)
class Stream:
    """`read` yields pages of the `tables`; it raises `ApiError`s as they come, and is simply begun again.

    Streams are read one after the other. What fails in one does not keep the others from loading. A stream
    that lists whole tables gives no cursor.
    """

    name: str
    tables: tuple[str, ...]
    read: Callable[[Reading], Iterator[Page]] = field(repr=False)
