"""What people hold back: a play, a channel or an account, until a moment or until they let it go.

A held action stays in the queue and is claimed by nobody, new decisions of the same included. Setting and
lifting are appended to `holds`; the newest event of a scope and its id is what stands.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from sensors.schema import HOLD_SCOPES, IS_QUEUED, deliveries, holds

if TYPE_CHECKING:
    from sensors.ledger import Ledger

_COLUMNS = {"play": deliveries.c.play_id, "channel": deliveries.c.channel, "account": deliveries.c.account_id}


class HoldRefusedError(ValueError):
    """This can't be held back or let go; the text says why."""


@dataclass(frozen=True)
class Hold:
    """What is held back (`scope` is `play`, `channel` or `account`; `held` its id), by whom and why.

    `until` is aware UTC; None: until somebody lets it go. `queued`: how many actions it keeps in the queue.
    """

    scope: str
    held: str
    who: str
    why: str
    at: datetime
    until: datetime | None
    queued: int = 0


def hold(
    ledger: "Ledger", scope: str, held: str, *, now: datetime, who: str, why: str, until: datetime | None
) -> None:
    """Hold back from now on; a hold that stands gets the new reason and end. Raises `HoldRefusedError`."""
    if until is not None and until <= now:
        raise HoldRefusedError(f"{until:%Y-%m-%d %H:%M} UTC is over; a hold ends later than now")
    _append(ledger, scope, held, "set", now=now, who=who, why=why, until=until)


def lift(ledger: "Ledger", scope: str, held: str, *, now: datetime, who: str, why: str) -> None:
    """Let go what is held back. Raises `HoldRefusedError` when it is not."""
    if not any((each.scope, each.held) == (scope, held) for each in standing(ledger, now=now)):
        raise HoldRefusedError(f"{scope} {held} is not held back; `python -m sensors holds` lists what is")
    _append(ledger, scope, held, "lifted", now=now, who=who, why=why, until=None)


def standing(ledger: "Ledger", *, now: datetime) -> list[Hold]:
    """What is held back now, the oldest first, with the number of queued actions it keeps back."""
    with ledger.reading() as connection:
        found = connection.execute(_standing(now).order_by(holds.c.event_id)).mappings().all()
        return [
            Hold(
                scope=row["scope"],
                held=row["held"],
                who=row["who"],
                why=row["why"],
                at=row["at"],
                until=row["until"],
                queued=connection.scalar(
                    select(func.count())
                    .select_from(deliveries)
                    .where(IS_QUEUED, _COLUMNS[row["scope"]] == row["held"])
                )
                or 0,
            )
            for row in found
        ]


def is_held(now: datetime) -> ColumnElement[bool]:
    """The condition that a row is of a play, channel or account that a person holds back."""
    matches = [and_(holds.c.scope == scope, holds.c.held == column) for scope, column in _COLUMNS.items()]
    return exists(_standing(now).where(or_(*matches)).correlate(deliveries))


def _standing(now: datetime) -> Select[Any]:
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


def _append(ledger: "Ledger", scope: str, held: str, verdict: str, **said: Any) -> None:
    if scope not in HOLD_SCOPES:
        raise HoldRefusedError(f"a {', '.join(HOLD_SCOPES)} can be held back, not a {scope!r}")
    said["at"] = said.pop("now")
    with ledger.writing() as connection:
        connection.execute(holds.insert().values(scope=scope, held=held, verdict=verdict, **said))
