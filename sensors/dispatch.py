"""The loop: claim -> send -> settle, one lane of the queue at a time, until nothing is due.

A row that can't be rendered is `dead` with the reason and blocks nobody; `outcomes` says what becomes of the
others.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sensors.channels.channel import Channel, Message, sends_whole_batch
from sensors.claims import Head, Settlement, claim, head, release, settle
from sensors.gate import Gate
from sensors.ledger import Ledger
from sensors.outcomes import guarded, outcome_settlement
from sensors.pacing import Pacing
from sensors.rates import book, booked
from sensors.records import Delivery
from sensors.rendering import Renderer, UnrenderableError
from sensors.rests import Rests
from sensors.states import State

_logger = logging.getLogger(__name__)
# Settled in one transaction where outcomes come this fast one after another.
_SETTLED_TOGETHER = timedelta(milliseconds=50)
# While it waits for a channel, the loop looks at the others this often.
_LONGEST_NAP_SECONDS = 0.5
# How long one message may take to show whether a channel is well again.
_SHORTEST_PROBE_SECONDS = 30.0
# A channel whose messages only land in the outbox has no rate.
_UNLIMITED = "local_sink"


@dataclass
class Tally:
    """What one call has done: rows claimed, rows delivered per channel, rows settled per state."""

    attempted: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)


@dataclass
class Dispatcher:
    """One worker's loop over one ledger."""

    ledger: Ledger
    channels: Mapping[str, Channel]
    worker: str
    now: Callable[[], datetime]
    pacing: Pacing
    renderer: Renderer
    sleep: Callable[[float], None] = time.sleep
    only_immediate: bool = False
    gate: Gate = field(default_factory=Gate)
    # No message is begun after that; what is claimed by then goes back.
    until: datetime | None = None
    # Of these actions only.
    among: Sequence[str] | None = None
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.rests = Rests(self.ledger, self.pacing, self.now)

    def run(self, on_progress: Callable[[int], None]) -> None:
        """Work until nothing is due, or all that is due rests for longer than the pacing's patience."""
        while not self._time_is_up():
            closed = self._closed()
            lane = self._head(closed)
            if lane is not None:
                self._work(lane)
                on_progress(self.tally.attempted)
            elif not self._wait_out(closed):
                return

    def _time_is_up(self) -> bool:
        return self.until is not None and self.now() >= self.until

    def _head(self, without: Collection[str]) -> Head | None:
        return head(
            self.ledger,
            now=self.now(),
            without=without,
            only_immediate=self.only_immediate,
            among=self.among,
        )

    def _closed(self) -> dict[str, datetime]:
        """Channels that nothing may go through just now, and until when: they rest, or are at their limit."""
        closed = booked(self.ledger, now=self.now()) if self.pacing.per_second else {}
        return closed | {channel: rest.until for channel, rest in self.rests.resting().items()}

    def _wait_out(self, closed: Mapping[str, datetime]) -> bool:
        """Sleep towards the moment the first closed channel with due rows opens; False when it is far off."""
        waiting = [
            until for channel, until in closed.items() if self._head(set(closed) - {channel}) is not None
        ]
        pause = min(waiting) - self.now() if waiting else None
        if pause is None or pause > self.pacing.patience:
            return False
        self.sleep(min(max(pause.total_seconds(), 0.01), _LONGEST_NAP_SECONDS))
        return True

    def _work(self, lane: Head) -> None:
        # Before anything is claimed: a snapshot that can't be read then leaves nothing in doubt.
        self.gate.follow()
        channel = self.channels.get(lane.channel)
        limit = channel.batch_size if channel else 1
        rate = self._rate(lane.channel)
        if rate is not None:
            # No more than a second's worth, or an immediate row would wait for slots that are booked.
            limit = min(limit, max(1, int(rate)))
        is_open = self.rests.is_open(lane.channel, seconds=self._probe_seconds(channel))
        if is_open is False:
            return
        try:
            self._send_some(lane, channel, limit=1 if is_open is None else limit, rate=rate)
        finally:
            self.rests.unused(lane.channel)

    def _rate(self, channel: str) -> float | None:
        known = self.channels.get(channel)
        if known is None or known.destination == _UNLIMITED:
            return None
        return self.pacing.per_second.get(channel)

    def _send_some(self, lane: Head, channel: Channel | None, *, limit: int, rate: float | None) -> None:
        rows = claim(
            self.ledger,
            lane,
            limit=limit,
            destination=channel.destination if channel else "nowhere",
            worker=self.worker,
            now=self.now(),
            lease=self._lease(channel),
            among=self.among,
        )
        self.tally.attempted += len(rows)
        if channel is None:
            known = ", ".join(sorted(self.channels))
            reason = f"there is no channel {lane.channel!r}; the policy's plays may use {known}"
            self._settle([Settlement(row, State.DEAD, reason) for row in rows])
            return
        sendable = self._render(self._let_through(rows, channel))
        slots = self._slots(lane.channel, len(sendable), rate)
        self._send(channel, sendable, slots)

    def _slots(self, channel: str, count: int, rate: float | None) -> list[datetime]:
        """The moments before which each message must not leave; none where there is no limit."""
        if rate is None or not count:
            return []
        first = book(self.ledger, channel, count, per_second=rate, now=self.now())
        return [first + timedelta(seconds=number / rate) for number in range(count)]

    def _probe_seconds(self, channel: Channel | None) -> float:
        return max(_SHORTEST_PROBE_SECONDS, 2 * channel.seconds_per_message if channel else 0)

    def _let_through(self, rows: Sequence[Delivery], channel: Channel) -> list[Delivery]:
        """The rows that nothing speaks against; the others are settled, or put back until people work."""
        verdict = self.gate.judge(rows, destination=channel.destination, now=self.now())
        self._settle([
            Settlement(row, State.SUPPRESSED, words, suppressed_by=rule)
            for row, rule, words in verdict.stopped
        ])  # fmt: skip
        for row, until, words in verdict.waiting:
            why = f"not sent: {words}"
            release(self.ledger, [row], worker=self.worker, now=self.now(), why=why, not_before=until)
        self.tally.attempted -= len(verdict.stopped) + len(verdict.waiting)
        return verdict.free

    def _lease(self, channel: Channel | None) -> timedelta:
        """Long enough for the slowest message, or its claim would be given back unsent for ever."""
        slowest = timedelta(seconds=channel.seconds_per_message if channel else 0)
        return max(self.pacing.lease, 2 * slowest)

    def _render(self, rows: Sequence[Delivery]) -> list[tuple[Delivery, Message]]:
        rendered, poisoned = [], []
        for row in rows:
            try:
                rendered.append((row, self.renderer.render(row)))
            except UnrenderableError as error:
                poisoned.append(Settlement(row, State.DEAD, str(error)))
        self._settle(poisoned)
        return rendered

    def _send(
        self, channel: Channel, sendable: Sequence[tuple[Delivery, Message]], slots: Sequence[datetime]
    ) -> None:
        outcomes = guarded(channel, [message for _, message in sendable])
        settlements: list[Settlement] = []
        since = looked_at = self.now()
        for position, (row, message) in enumerate(sendable):
            # What left with the first message can't be stopped, nor called unsent.
            is_on_its_way = position > 0 and sends_whole_batch(channel)
            if slots and not is_on_its_way and (pause := slots[position] - self.now()) > timedelta(0):
                self._settle(settlements)
                settlements = []
                self.sleep(pause.total_seconds())
            reason = None if is_on_its_way else self._reason_to_stop(row, channel)
            if reason is None and not is_on_its_way and self.now() - looked_at > self.pacing.urgent_after:
                reason, looked_at = self._something_urgent(row), self.now()
            if reason:
                self._settle(settlements)
                unsent = [row for row, _ in sendable[position:]]
                release(self.ledger, unsent, worker=self.worker, now=self.now(), why=reason)
                self.tally.attempted -= len(unsent)
                return
            settlements.append(
                outcome_settlement(
                    row, message, next(outcomes), rests=self.rests, pacing=self.pacing, now=self.now
                )
            )
            if self.now() - since > _SETTLED_TOGETHER:
                self._settle(settlements)
                settlements, since = [], self.now()
        self._settle(settlements)

    def _reason_to_stop(self, row: Delivery, channel: Channel) -> str | None:
        if rest := self.rests.resting().get(row.channel):
            return f"not sent: {row.channel} rests ({rest.reason})"
        if self._time_is_up():
            return "not sent: the time given for this delivery is up"
        needed = timedelta(seconds=channel.seconds_per_message)
        if row.lease_expires_at is not None and self.now() + needed > row.lease_expires_at:
            return "not sent: the claim's lease is nearly over"
        return None

    def _something_urgent(self, row: Delivery) -> str | None:
        """A long batch makes way for an immediate row that came in meanwhile."""
        if row.is_immediate:
            return None
        lane = self._head(self._closed())
        return "not sent yet: an immediate action goes first" if lane and lane.is_immediate else None

    def _settle(self, settlements: Sequence[Settlement]) -> None:
        if not settlements:
            return
        done = settle(self.ledger, settlements, worker=self.worker, now=self.now())
        for settlement in done:
            self.tally.settled[settlement.state.value] += 1
            if settlement.state is State.DELIVERED:
                self.tally.delivered[settlement.delivery.channel] += 1
            elif settlement.state in (State.DEAD, State.HELD):
                _logger.warning(
                    "action %s is %s: %s", settlement.delivery.action_id, settlement.state, settlement.detail
                )
        if len(done) < len(settlements):
            _logger.warning(
                "%d claims were taken over by another worker meanwhile", len(settlements) - len(done)
            )
