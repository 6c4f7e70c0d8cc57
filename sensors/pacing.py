"""How patiently delivery tries: operational settings with defaults that suit most, and the waits they give.

None of these is customer-success policy (what to send to whom, and by when): that is decided in the models.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

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
    # Messages a second per channel, all workers together; a channel that is not named here has no limit.
    per_second: Mapping[str, float] = field(default_factory=dict)
    # How long a row that is not immediate may keep one that is waiting, between two messages.
    urgent_after: timedelta = timedelta(milliseconds=250)

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
