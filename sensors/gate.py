"""The last look before a claimed action is sent: is it still right, still news, and is anybody awake?

What stops it comes from the published snapshot (`sensors.delivery_stops`) and from the decision itself
(`send_until_at`). The local sink reaches nobody, so that the clock means nothing there: an old export is
carried out whole, by day and by night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sensors.channels.local_sink import LocalSink
from sensors.delivery_stops import DeliveryStops, Stop
from sensors.ledger import Delivery

TOO_OLD = "too_old_to_send"
SUPPRESS, DELAY = "suppress", "delay"
# Where nobody knows when people work, it is asked again this much later.
_UNKNOWN_HOURS = timedelta(hours=1)


@dataclass
class Verdict:
    """What becomes of claimed rows: `free` may be sent; `stopped`: rule and words; `waiting` until when."""

    free: list[Delivery] = field(default_factory=list)
    stopped: list[tuple[Delivery, str, str]] = field(default_factory=list)
    waiting: list[tuple[Delivery, datetime, str]] = field(default_factory=list)


class Gate:
    """Judges rows by one opened snapshot's stops."""

    def __init__(self, stops: DeliveryStops | None = None) -> None:
        self._stops = stops or DeliveryStops()

    def judge(self, rows: Sequence[Delivery], *, destination: str, now: datetime) -> Verdict:
        reaches_someone = destination != LocalSink.destination
        stops = self._stops.of([row.action_id for row in rows])
        verdict = Verdict()
        for row in rows:
            against = _against(row, stops.get(row.action_id, []))
            stop = next((each for each in against if each.effect == SUPPRESS), None)
            delay = next((each for each in against if each.effect == DELAY), None)
            if stop is not None:
                verdict.stopped.append((row, stop.guard_id, stop.words))
            elif reaches_someone and row.send_until_at is not None and row.send_until_at <= now:
                verdict.stopped.append((row, TOO_OLD, _old_news(row.send_until_at)))
            elif reaches_someone and delay is not None and (until := self._wakes_at(row, now)) > now:
                verdict.waiting.append((row, until, delay.words))
            else:
                verdict.free.append(row)
        return verdict

    def stops_against(self, rows: Sequence[Delivery]) -> list[tuple[Delivery, str, str]]:
        """Those of the rows that will never be sent, with rule and words, whatever the hour."""
        stops = self._stops.of([row.action_id for row in rows])
        return [
            (row, stop.guard_id, stop.words)
            for row in rows
            for stop in _against(row, stops.get(row.action_id, []))[:1]
            if stop.effect == SUPPRESS
        ]

    def _wakes_at(self, row: Delivery, now: datetime) -> datetime:
        return self._stops.opens_at(row.account_id, now) or now + _UNKNOWN_HOURS


def _against(row: Delivery, stops: Sequence[Stop]) -> list[Stop]:
    """Suppressing ones first: a message that is never sent need not wait."""
    fitting = [stop for stop in stops if stop.recipient is None or stop.recipient == row.recipient]
    return sorted(fitting, key=lambda stop: stop.effect != SUPPRESS)


def _old_news(until: datetime) -> str:
    return f"It was news until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC; nobody acts on old news"
