"""The last look before a claimed action is sent: is it still right, still news, and is anybody awake?

What stops it comes from the published snapshot (`sensors.delivery_stops`) and from the decision itself
(`send_until_at`). A bounce or an opt-out counts from the moment the ledger knows it, whenever the snapshot
was built; whom it stops is the snapshot's to say. The local sink reaches nobody, so that the clock means
nothing there: an old export is carried out whole, by day and by night.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sensors.address_standing import news_of
from sensors.channels.local_sink import LocalSink
from sensors.delivery_stops import DeliveryStops, Stop
from sensors.ledger import Ledger
from sensors.records import Delivery

TOO_OLD = "too_old_to_send"
SUPPRESS, WAIT, DELAY = "suppress", "wait", "delay"
# Where nobody knows when people work, or when what it waits for is over, it is asked again this much later.
_ASKED_AGAIN = timedelta(hours=1)


@dataclass
class Verdict:
    """What becomes of claimed rows: `free` may be sent; `stopped`: rule and words; `waiting` until when."""

    free: list[Delivery] = field(default_factory=list)
    stopped: list[tuple[Delivery, str, str]] = field(default_factory=list)
    waiting: list[tuple[Delivery, datetime, str]] = field(default_factory=list)


class Gate:
    """Judges rows by an opened snapshot's stops, and by a ledger's news of addresses since."""

    def __init__(self, stops: DeliveryStops | None = None, ledger: Ledger | None = None) -> None:
        self._stops = stops or DeliveryStops()
        self._ledger = ledger

    def follow(self) -> None:
        """Judge by the newest published snapshot from now on. Raises `SnapshotUnreadableError`."""
        self._stops.follow()

    def judge(self, rows: Sequence[Delivery], *, destination: str, now: datetime) -> Verdict:
        reaches_someone = destination != LocalSink.destination
        against_each = self._against(rows)
        verdict = Verdict()
        for row in rows:
            against = against_each[row.action_id]
            stop = next((each for each in against if each.effect == SUPPRESS), None)
            wait = next((each for each in against if each.effect == WAIT), None)
            delay = next((each for each in against if each.effect == DELAY), None)
            if stop is not None:
                verdict.stopped.append((row, stop.guard_id, stop.words))
            elif reaches_someone and row.send_until_at is not None and row.send_until_at <= now:
                verdict.stopped.append((row, TOO_OLD, _old_news(row.send_until_at)))
            elif reaches_someone and wait is not None:
                verdict.waiting.append((row, now + _ASKED_AGAIN, wait.words))
            elif reaches_someone and delay is not None and (until := self._wakes_at(row, now)) > now:
                verdict.waiting.append((row, until, delay.words))
            else:
                verdict.free.append(row)
        return verdict

    def stops_against(self, rows: Sequence[Delivery]) -> list[tuple[Delivery, str, str]]:
        """Those of the rows that will never be sent, with rule and words, whatever the hour."""
        against = self._against(rows)
        return [
            (row, stop.guard_id, stop.words)
            for row in rows
            for stop in against[row.action_id][:1]
            if stop.effect == SUPPRESS
        ]

    def _against(self, rows: Sequence[Delivery]) -> dict[str, list[Stop]]:
        """The stops that hold for each row; suppressing ones first: what is never sent need not wait."""
        stops = self._stops.of([row.action_id for row in rows])
        watched = [
            row.recipient for row in rows if any(each.on_news for each in stops.get(row.action_id, []))
        ]
        news = news_of(self._ledger, watched) if self._ledger and watched else {}
        return {
            row.action_id: sorted(
                (
                    stop
                    for stop in stops.get(row.action_id, [])
                    if stop.recipient is None or stop.recipient == row.recipient
                    if not stop.on_news or stop.on_news & news.get(row.recipient or "", frozenset())
                ),
                key=lambda stop: stop.effect != SUPPRESS,
            )
            for row in rows
        }

    def _wakes_at(self, row: Delivery, now: datetime) -> datetime:
        return self._stops.opens_at(row.account_id, now) or now + _ASKED_AGAIN


def _old_news(until: datetime) -> str:
    return f"It was news until {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC; nobody acts on old news"
