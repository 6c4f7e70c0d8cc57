"""One step ahead: what comes next is made ready on a thread of its own while the caller works on what came.

A vendor computes and sends, and the thread waits for it, while DuckDB takes in: neither holds the other up.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")
Sleep = Callable[[float], None]
# A vendor that is silent is not waited for when the load has failed.
_LAST_SECONDS = 10.0


class NoLongerWantedError(Exception):
    """The caller is done: what was being made ready is given up."""


class Wanted:
    """Whether the caller still waits; `sleep` ends at once when not."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def sleep(self, seconds: float) -> None:
        """Raises `NoLongerWantedError`."""
        if self._over.wait(seconds):
            raise NoLongerWantedError

    def end(self) -> None:
        self._over.set()


@contextmanager
def one_ahead(items: Iterator[Item], wanted: Wanted) -> Iterator[Iterator[Item]]:
    """The items in order, at most one of them made before it is asked for; an error comes in its place.

    `items` runs on the thread, which is told by `wanted` when the caller leaves.
    """
    ahead = _Ahead(items)
    ahead.start()
    try:
        yield ahead.items()
    finally:
        wanted.end()
        ahead.stop()


class _Ahead(threading.Thread, Generic[Item]):
    """Not waited for at the end of the process: it may hang on a silent vendor."""

    def __init__(self, items: Iterator[Item]) -> None:
        super().__init__(name="one_ahead", daemon=True)
        self._items = items
        self._asked: SimpleQueue[Future[Item] | None] = SimpleQueue()

    def run(self) -> None:
        while (future := self._asked.get()) is not None:
            try:
                future.set_result(next(self._items))
            except BaseException as error:
                # A generator that raised has ended; a future takes no bare StopIteration for a result.
                future.set_exception(_EndError() if isinstance(error, StopIteration) else error)

    def items(self) -> Iterator[Item]:
        coming = self._ask()
        while True:
            try:
                item = coming.result()
            except _EndError:
                return
            coming = self._ask()
            yield item

    def stop(self) -> None:
        self._asked.put(None)
        self.join(_LAST_SECONDS)

    def _ask(self) -> Future[Item]:
        future: Future[Item] = Future()
        self._asked.put(future)
        return future


class _EndError(Exception):
    """There are no more items."""
