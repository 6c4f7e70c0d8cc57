"""How many messages a second a channel may send, kept by all workers together.

The ledger holds one number per channel: from when on it is free. A worker that has claimed rows books as many
evenly spaced slots, in one statement, and sends no message before its slot; so any number of workers stay
under the limit, and what is not used lapses. Workers on several machines need clocks that agree.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import case, select

from sensors.ledger import Ledger, insert_into
from sensors.schema import rates


def book(ledger: Ledger, channel: str, count: int, *, per_second: float, now: datetime) -> datetime:
    """Book the next `count` slots of a channel, evenly spaced; returns the first one's moment."""
    taken, start = count / per_second, now.timestamp()
    with ledger.writing() as connection:
        insert = insert_into(connection, rates).values(channel=channel, free_at=start + taken)
        later = case((rates.c.free_at > start, rates.c.free_at), else_=start)
        statement = insert.on_conflict_do_update(
            index_elements=["channel"], set_={"free_at": later + taken}
        ).returning(rates.c.free_at)
        free_at: float = connection.execute(statement).scalar_one()
    return datetime.fromtimestamp(free_at, UTC) - timedelta(seconds=taken)


def booked(ledger: Ledger, *, now: datetime) -> dict[str, datetime]:
    """The channels whose slots are booked up to a later moment, and until when."""
    with ledger.reading() as connection:
        rows = connection.execute(select(rates).where(rates.c.free_at > now.timestamp())).mappings()
        return {row["channel"]: datetime.fromtimestamp(row["free_at"], UTC) for row in rows}
