"""What people hold back: a play, a channel or an account, until a moment or until they let it go.

A held action stays in the queue and is claimed by nobody, new decisions of the same included. Setting and
lifting are appended to `holds`; the newest event of a scope and its id is what stands.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from sensors.held import HELD_BY, standing_holds
from sensors.ledger import Ledger
from sensors.schema import HOLD_SCOPES, IS_QUEUED, deliveries, holds


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
    ledger: Ledger, scope: str, held: str, *, now: datetime, who: str, why: str, until: datetime | None
) -> None:
    """Hold back from now on; a hold that stands gets the new reason and end. Raises `HoldRefusedError`."""
    if until is not None and until <= now:
        raise HoldRefusedError(f"{until:%Y-%m-%d %H:%M} UTC is over; a hold ends later than now")
    _append(ledger, scope, held, "set", now=now, who=who, why=why, until=until)


def lift(ledger: Ledger, scope: str, held: str, *, now: datetime, who: str, why: str) -> None:
    """Let go what is held back. Raises `HoldRefusedError` when it is not."""
    if not any((each.scope, each.held) == (scope, held) for each in standing(ledger, now=now)):
        raise HoldRefusedError(f"{scope} {held} is not held back; `python -m sensors holds` lists what is")
    _append(ledger, scope, held, "lifted", now=now, who=who, why=why, until=None)


def standing(ledger: Ledger, *, now: datetime) -> list[Hold]:
    """What is held back now, the oldest first, with the number of queued actions it keeps back."""
    with ledger.reading() as connection:
        found = connection.execute(standing_holds(now).order_by(holds.c.event_id)).mappings().all()
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
                    .where(IS_QUEUED, HELD_BY[row["scope"]] == row["held"])
                )
                or 0,
            )
            for row in found
        ]


def _append(ledger: Ledger, scope: str, held: str, verdict: str, **said: Any) -> None:
    if scope not in HOLD_SCOPES:
        raise HoldRefusedError(f"a {', '.join(HOLD_SCOPES)} can be held back, not a {scope!r}")
    said["at"] = said.pop("now")
    with ledger.writing() as connection:
        connection.execute(holds.insert().values(scope=scope, held=held, verdict=verdict, **said))
