"""The condition that people hold a row back, over the tables of the ledger: see `sensors.holds`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from sensors.schema import deliveries, holds

HELD_BY = {"play": deliveries.c.play_id, "channel": deliveries.c.channel, "account": deliveries.c.account_id}


def is_held(now: datetime) -> ColumnElement[bool]:
    """The condition that a row is of a play, channel or account that a person holds back."""
    matches = [and_(holds.c.scope == scope, holds.c.held == column) for scope, column in HELD_BY.items()]
    return exists(standing_holds(now).where(or_(*matches)).correlate(deliveries))


def standing_holds(now: datetime) -> Select[Any]:
    """The newest event of each scope and its id, where that holds back and lasts."""
    later = holds.alias("later")
    is_newest = ~exists(
        select(later.c.event_id).where(
            later.c.scope == holds.c.scope,
            later.c.held == holds.c.held,
            later.c.event_id > holds.c.event_id,
        )
    )
    lasts = holds.c.until.is_(None) | (holds.c.until > now)
    return select(holds).where(holds.c.verdict == "set", lasts, is_newest)
