"""How patiently delivery tries: operational settings with defaults that suit most, and the waits they give.

None of these is customer-success policy (what to send to whom, and by when): that is decided in the models.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenacity import RetryCallState, Retrying, wait_exponential_jitter


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
    """Which channels rest until when, within one call of `deliver`."""

    def __init__(self, pacing: Pacing, now: Callable[[], datetime]) -> None:
        self._pacing = pacing
        self._now = now
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}
        self.reasons: dict[str, str] = {}

    def succeeded(self, channel: str) -> None:
        self._failures.pop(channel, None)

    def failed(self, channel: str, why: str, *, is_channel_wide: bool, asked_for: timedelta | None) -> None:
        """Count a failure of the destination; rest when it asked to, or when they add up."""
        self._failures[channel] = self._failures.get(channel, 0) + 1
        has_had_enough = self._failures[channel] >= self._pacing.failures_before_rest
        if not (has_had_enough or (is_channel_wide and asked_for)):
            return
        rest = max(asked_for or timedelta(0), self._pacing.rest if has_had_enough else timedelta(0))
        self._until[channel] = self._now() + rest
        self.reasons[channel] = why

    def resting(self) -> dict[str, datetime]:
        now = self._now()
        for channel in [channel for channel, until in self._until.items() if until <= now]:
            del self._until[channel]
            self._failures.pop(channel, None)
            self.reasons.pop(channel, None)
        return dict(self._until)
