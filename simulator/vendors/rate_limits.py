"""A vendor's rate limit: so many requests in a sliding window of real time."""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """0 requests: no limit."""

    requests: int
    seconds: float


class Window:
    """Requests of one vendor in the last `limit.seconds`."""

    def __init__(self, limit: Limit, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._taken: deque[float] = deque()

    def wait(self) -> int:
        """0 when the request may pass (and is counted); otherwise whole seconds until one may."""
        if not self._limit.requests:
            return 0
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._limit.seconds:
            self._taken.popleft()
        if len(self._taken) < self._limit.requests:
            self._taken.append(now)
            return 0
        return max(1, math.ceil(self._taken[0] + self._limit.seconds - now))

    @property
    def left(self) -> int:
        return max(0, self._limit.requests - len(self._taken))

    @property
    def limit(self) -> Limit:
        return self._limit
