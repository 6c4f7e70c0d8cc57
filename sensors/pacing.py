"""How patiently delivery tries: operational settings with defaults that suit most, and the waits they give.

None of these is customer-success policy (what to send to whom, and by when): that is decided in the models.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter

from sensors.ledger import Ledger, Rest


@dataclass(frozen=True)
class Pacing:
    """Defaults: a destination that is down is tried for about eight hours before a row is given up."""

    # Attempts (since the last resend) after which a row is `dead`.
    attempts_limit: int = 12
    first_wait: timedelta = timedelta(seconds=15)
    longest_wait: timedelta = timedelta(hours=6)
    # How long a worker may hold a claim; it is given back earlier when the next message might not fit.
    lease: timedelta = timedelta(minutes=5)
    # This many failures in a row, and a channel rests.
    failures_before_rest: int = 5
    rest: timedelta = timedelta(minutes=1)
    # A rest shorter than this is waited out inside one call of `deliver`; a longer one is left to the next.
    patience: timedelta = timedelta(seconds=10)

    def wait(self, attempt: int, *, asked_for: timedelta | None) -> timedelta:
        """The time before attempt `attempt` + 1: exponential with jitter, and never sooner than asked."""
        backoff = wait_exponential_jitter(
            initial=self.first_wait.total_seconds(),
            max=self.longest_wait.total_seconds(),
            jitter=self.first_wait.total_seconds(),
        )
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return max(timedelta(seconds=backoff(state)), asked_for or timedelta(0))


class Rests:
    """Counts a channel's failures in a row, and lets it rest when its destination asks or they add up.

    A rest stands in the ledger, so that every worker, and the sensor, keeps it.
    """

    def __init__(self, ledger: Ledger, pacing: Pacing, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._pacing = pacing
        self._now = now
        self._failures: Counter[str] = Counter()

    def succeeded(self, channel: str) -> None:
        self._failures.pop(channel, None)

    def failed(self, channel: str, why: str, *, asked_for: timedelta | None = None) -> None:
        """Note a failure; `asked_for` is how long the destination wants no more messages at all."""
        self._failures[channel] += 1
        has_had_enough = self._failures[channel] >= self._pacing.failures_before_rest
        if has_had_enough:
            del self._failures[channel]
        pause = max(asked_for or timedelta(0), self._pacing.rest if has_had_enough else timedelta(0))
        if pause:
            self._ledger.rest(channel, until=self._now() + pause, reason=why)

    def resting(self) -> dict[str, Rest]:
        return self._ledger.resting(self._now())
