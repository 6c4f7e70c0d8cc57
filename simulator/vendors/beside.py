"""A thread that writes files while the company lives on: compressing them holds no interpreter."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

AHEAD = 4  # pieces of work that may wait; each holds a day in memory


class Beside:
    """One thread, which does one thing after another in the order given."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")
        self._under_way: deque[Future[None]] = deque()

    def do(self, work: Callable[[], None]) -> None:
        """Returns at once, unless too much waits already. Raises what failed before."""
        while len(self._under_way) >= AHEAD:
            self._next()
        self._under_way.append(self._thread.submit(work))

    def finish(self) -> None:
        """Wait until all is done. Raises what failed; what was to come after it is not done, then."""
        while self._under_way:
            self._next()

    def _next(self) -> None:
        try:
            self._under_way.popleft().result()
        except BaseException:
            for waiting in self._under_way:
                waiting.cancel()
            self._under_way.clear()
            raise
