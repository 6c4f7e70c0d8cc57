"""A channel's circuit breaker: after failures it rests, then one message goes to see, then all flow again.

Rests stand in the ledger, so that every worker, and the sensor, keeps them. A rest that is over but still
stands is half open: the worker that moves its end (one UPDATE, so only one can) sends a single message. If
that one gets through, the rest is deleted; if not, the channel rests again. A worker that dies meanwhile
leaves the end it had moved, and the next one sees.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from sensors.ledger import Ledger, Rest, insert_into
from sensors.pacing import Pacing
from sensors.schema import rests

# How old what is known of other workers' rests may be.
_FRESH = timedelta(milliseconds=200)


class Rests:
    """One worker's view of the channels' rests, and its count of their failures in a row."""

    def __init__(self, ledger: Ledger, pacing: Pacing, now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._pacing = pacing
        self._now = now
        self._failures: Counter[str] = Counter()
        self._probed: set[str] = set()
        self._standing: dict[str, Rest] = {}
        self._known_at: datetime | None = None

    def resting(self) -> dict[str, Rest]:
        """The channels to leave alone, but not those this worker itself is trying."""
        now = self._now()
        return {
            channel: rest
            for channel, rest in self._all().items()
            if rest.until > now and channel not in self._probed
        }

    def is_open(self, channel: str, *, seconds: float) -> bool | None:
        """Whether the channel may be used: True freely, None for one message that shows, False not now.

        After None, say `succeeded`, `failed` or `unused` within `seconds`, or another worker may try.
        """
        rest = self._all().get(channel)
        if rest is None:
            return True
        self._known_at = None
        now = self._now()
        half_open = (rests.c.channel == channel) & (rests.c.until <= now)
        with self._ledger.writing() as connection:
            moved = update(rests).where(half_open).values(until=now + timedelta(seconds=seconds))
            is_ours = connection.execute(moved).rowcount == 1
        if not is_ours:
            return False
        self._probed.add(channel)
        return None

    def succeeded(self, channel: str) -> None:
        self._failures.pop(channel, None)
        if channel in self._probed:
            self._probed.discard(channel)
            self._known_at = None
            with self._ledger.writing() as connection:
                connection.execute(delete(rests).where(rests.c.channel == channel))

    def failed(self, channel: str, why: str, *, asked_for: timedelta | None = None) -> None:
        """Note a failure; `asked_for` is how long the destination wants no more messages at all."""
        self._failures[channel] += 1
        was_probed = channel in self._probed
        self._probed.discard(channel)
        has_had_enough = was_probed or self._failures[channel] >= self._pacing.failures_before_rest
        if has_had_enough:
            del self._failures[channel]
        pause = max(asked_for or timedelta(0), self._pacing.rest if has_had_enough else timedelta(0))
        if pause:
            self._rest(channel, until=self._now() + pause, reason=why, anyway=was_probed)

    def unused(self, channel: str) -> None:
        """The one message that was to show did not go out: whoever comes next may try."""
        if channel in self._probed:
            self._probed.discard(channel)
            self._known_at = None
            with self._ledger.writing() as connection:
                connection.execute(update(rests).where(rests.c.channel == channel).values(until=self._now()))

    def _rest(self, channel: str, *, until: datetime, reason: str, anyway: bool) -> None:
        """Leave a channel alone until then; a later end that stands already is kept, or not (`anyway`)."""
        self._known_at = None
        with self._ledger.writing() as connection:
            insert = insert_into(connection, rests).values(channel=channel, until=until, reason=reason)
            changes = {"until": insert.excluded.until, "reason": insert.excluded.reason}
            where = None if anyway else rests.c.until < insert.excluded.until
            connection.execute(
                insert.on_conflict_do_update(index_elements=["channel"], set_=changes, where=where)
            )

    def _all(self) -> dict[str, Rest]:
        now = self._now()
        if self._known_at is None or not timedelta(0) <= now - self._known_at <= _FRESH:
            with self._ledger.reading() as connection:
                rows = connection.execute(select(rests)).mappings()
                self._standing = {row["channel"]: Rest(row["until"], row["reason"]) for row in rows}
            self._known_at = now
        return self._standing
