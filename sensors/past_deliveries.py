"""The past, as channels may ask for it, read from the ledger (`sensors.channels.past`)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from sensors.channels.channel import Channel
from sensors.channels.past import AsksThePast, Tried
from sensors.ledger import Ledger
from sensors.schema import deliveries, delivery_events
from sensors.states import State


class PastDeliveries:
    """Answers from one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def last_reference(self, destination: str, account_id: str, beginning: str) -> str | None:
        query = (
            select(deliveries.c.destination_ref)
            .where(
                deliveries.c.account_id == account_id,
                deliveries.c.destination == destination,
                deliveries.c.state == State.DELIVERED,
                deliveries.c.destination_ref.startswith(beginning, autoescape=True),
            )
            .order_by(deliveries.c.delivered_at.desc(), deliveries.c.action_id)
            .limit(1)
        )
        with self._ledger.reading() as connection:
            found: str | None = connection.scalar(query)
        return found

    def tried(self, action_ids: Sequence[str]) -> list[Tried]:
        query = select(deliveries).where(
            deliveries.c.action_id.in_(action_ids), deliveries.c.first_attempt_at.is_not(None)
        )
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Tried(
                row["action_id"],
                row["recipient"] or "",
                row["account_id"] or "",
                row["attempts"],
                row["first_attempt_at"],
                self._previous_attempt(row["action_id"]),
            )
            for row in rows
        ]

    def _previous_attempt(self, action_id: str) -> datetime | None:
        query = (
            select(delivery_events.c.at)
            .where(delivery_events.c.action_id == action_id, delivery_events.c.to_state == State.SENDING)
            .order_by(delivery_events.c.event_id.desc())
            .offset(1)
            .limit(1)
        )
        with self._ledger.reading() as connection:
            found: datetime | None = connection.scalar(query)
        return found


def introduce(channels: Iterable[Channel], ledger: Ledger) -> None:
    """Let those channels that want to ask this ledger."""
    for channel in channels:
        if isinstance(channel, AsksThePast):
            channel.remember(PastDeliveries(ledger))
