"""Troubles of delivery that a person must hear of, as the ledger's records show them at a moment.

A trouble has a key (`dead/email/2026-11-30`, `held/slack/2026-11-30`, `rest/slack`, `scores/hubspot`,
`withheld/email`, `backlog`, `unconfigured/hubspot`) and words. How
old a backlog may be is an operational setting, not customer-success policy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from sensors.acknowledged_scores import sync_totals
from sensors.channels.channel import NotAllowedHereError
from sensors.held import is_held
from sensors.ledger import Ledger, is_due
from sensors.schema import IS_QUEUED, deliveries, rests
from sensors.states import State
from sensors.unconfigured import unconfigured

_NEWS = timedelta(days=1)
_ADVICE = {
    State.DEAD: "will not be sent; `python -m sensors status` says why, `resend` tries again",
    State.HELD: "may have arrived or not; look there, then `python -m sensors confirm` or `resend`",
}


@dataclass(frozen=True)
class Trouble:
    """What is wrong in words, and how many rows it is about, where it is about rows."""

    words: str
    size: int | None = None


def troubles(
    ledger: Ledger, *, now: datetime, backlog_after: timedelta, reaches_people: bool = False
) -> dict[str, Trouble]:
    """What is wrong now, by key, without any secret or name of a customer.

    `reaches_people`: a production environment, in which the outbox is no place for a message.
    """
    return (
        _left_behind(ledger)
        | _withheld(ledger, now)
        | _failing_scores(ledger)
        | _resting(ledger, now)
        | _backlog(ledger, now, backlog_after)
        | (
            {key: Trouble(words) for key, words in unconfigured(ledger, now).items()}
            if reaches_people
            else {}
        )
    )


def _left_behind(ledger: Ledger) -> dict[str, Trouble]:
    """Dead letters and doubts, each day's by themselves, so that new ones are told though old ones stand."""
    day = func.date(func.coalesce(deliveries.c.claimed_at, deliveries.c.created_at))
    query = (
        select(deliveries.c.state, deliveries.c.channel, day, func.count())
        .where(deliveries.c.state.in_(_ADVICE))
        .group_by(deliveries.c.state, deliveries.c.channel, day)
    )
    with ledger.reading() as connection:
        rows: Sequence[Any] = connection.execute(query).all()
    return {
        f"{state}/{channel}/{on}": Trouble(f"{count:,} by {channel} {_ADVICE[State(str(state))]}", count)
        for state, channel, on, count in rows
    }


def _withheld(ledger: Ledger, now: datetime) -> dict[str, Trouble]:
    """What the allow-list kept from leaving in the last day: a gap in it is a silent loss otherwise."""
    query = (
        select(deliveries.c.channel, func.count())
        .where(
            deliveries.c.state == State.SUPPRESSED,
            deliveries.c.suppressed_by == NotAllowedHereError.rule,
            deliveries.c.claimed_at > now - _NEWS,
        )
        .group_by(deliveries.c.channel)
    )
    with ledger.reading() as connection:
        rows: Sequence[Any] = connection.execute(query).all()
    return {
        f"withheld/{channel}": Trouble(
            f"{count:,} by {channel} in a day may not leave here: extend TIERLINE_ALLOWED_RECIPIENTS and"
            " `resend` them, if they should",
            count,
        )
        for channel, count in rows
    }


def _failing_scores(ledger: Ledger) -> dict[str, Trouble]:
    return {
        f"scores/{system}": Trouble(
            f"the last write of {failing:,} accounts' scores to {system} failed; it is tried again by itself,"
            " `python -m sensors deliver` does so at once and says why",
            failing,
        )
        for system, (_, failing, _) in sync_totals(ledger).items()
        if failing
    }


def _resting(ledger: Ledger, now: datetime) -> dict[str, Trouble]:
    """A channel rests until something was delivered after its rest, or nothing is queued for it any more.

    Between two rests it is tried again; that is no end of the trouble.
    """
    of_channel = deliveries.c.channel == rests.c.channel
    has_delivered = exists().where(of_channel, deliveries.c.delivered_at >= rests.c.until)
    has_queued = exists().where(of_channel, IS_QUEUED)
    query = select(rests).where((rests.c.until > now) | (~has_delivered & has_queued))
    with ledger.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return {
        f"rest/{row['channel']}": Trouble(f"{row['channel']} takes nothing: {row['reason']}") for row in rows
    }


def _backlog(ledger: Ledger, now: datetime, after: timedelta) -> dict[str, Trouble]:
    since = now - after
    query = select(func.count()).select_from(deliveries)
    query = query.where(IS_QUEUED, is_due(since), deliveries.c.created_at <= since, ~is_held(now))
    with ledger.reading() as connection:
        count = connection.scalar(query) or 0
    minutes = after.total_seconds() / 60
    if not count:
        return {}
    return {"backlog": Trouble(f"{count:,} are due for more than {minutes:g} minutes", count)}
