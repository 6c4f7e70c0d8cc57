"""Channels that decisions name and nobody set up: what they send lies in the outbox and reaches nobody."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from sensors.channels.local_sink import LocalSink
from sensors.ledger import Ledger
from sensors.schema import deliveries
from sensors.states import State

# A channel that nothing used for so long is no trouble any more.
_LOOKED_BACK = timedelta(days=7)


def unconfigured(ledger: Ledger, now: datetime) -> dict[str, str]:
    """Troubles by key (`unconfigured/<channel>`): the channels that last delivered to the outbox, lately."""
    delivered = and_(deliveries.c.state == State.DELIVERED, deliveries.c.delivered_at > now - _LOOKED_BACK)
    last_elsewhere = (
        select(deliveries.c.channel, func.max(deliveries.c.delivered_at).label("at"))
        .where(delivered, deliveries.c.destination != LocalSink.destination)
        .group_by(deliveries.c.channel)
        .subquery()
    )
    query = (
        select(deliveries.c.channel, func.count())
        .outerjoin(last_elsewhere, last_elsewhere.c.channel == deliveries.c.channel)
        .where(
            delivered,
            deliveries.c.destination == LocalSink.destination,
            or_(last_elsewhere.c.at.is_(None), deliveries.c.delivered_at > last_elsewhere.c.at),
        )
        .group_by(deliveries.c.channel)
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    return {
        f"unconfigured/{channel}": f"{count:,} by {channel} lie in `outbox/{channel}.jsonl`, unread;"
        " set the channel up (`.env.example`) or let policy name another"
        for channel, count in rows
    }
