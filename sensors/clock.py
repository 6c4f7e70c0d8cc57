"""How long it takes from publishing a snapshot to its alerts' arrival, from the ledger's own times."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, true

from sensors.ledger import Ledger
from sensors.schema import deliveries
from sensors.states import State

# Of the newest snapshots, so that what was slow a year ago is not held against today.
_SNAPSHOTS = 500


@dataclass(frozen=True)
class AlertClock:
    """From publishing to the first immediate alert delivered, over `snapshots` published versions."""

    snapshots: int
    median: timedelta
    p99: timedelta


def alert_clock(ledger: Ledger) -> AlertClock | None:
    """Over the newest snapshots that had an alert which needed neither approval nor a later hour; or None."""
    first = func.min(deliveries.c.delivered_at).label("first")
    query = (
        select(deliveries.c.published_at, first)
        .where(
            deliveries.c.is_immediate == true(),
            deliveries.c.state == State.DELIVERED,
            deliveries.c.published_at.is_not(None),
            deliveries.c.approved_at.is_(None),
            deliveries.c.send_after_at.is_(None),
        )
        .group_by(deliveries.c.published_at)
        .order_by(deliveries.c.published_at.desc())
        .limit(_SNAPSHOTS)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).mappings()
        waits: list[timedelta] = sorted(row["first"] - row["published_at"] for row in rows)
    if not waits:
        return None
    return AlertClock(len(waits), _at(waits, 0.5), _at(waits, 0.99))


def _at(waits: list[timedelta], share: float) -> timedelta:
    """The wait that so large a share of all does not exceed."""
    return waits[min(len(waits) - 1, int(share * len(waits)))]
