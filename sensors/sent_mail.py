"""Finding the mail of ours that something came back for; where it was in doubt, that settles it.

A mail's Message-ID is made from its action's id, so it is known even of one that no relay ever acknowledged.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select, update

from sensors.channels.composing import fingerprint
from sensors.channels.email import SmtpChannel
from sensors.ledger import append
from sensors.schema import deliveries
from sensors.states import TRANSITIONS, State

# What the part before the sign of a Message-ID of ours is.
FINGERPRINT = r"[0-9a-f]{40}"
_OURS = re.compile(rf"<({FINGERPRINT})@", re.IGNORECASE)


def sent_mail(connection: Connection, message_ids: Sequence[str]) -> dict[str, Any] | None:
    """The row of the mail with the first of these Message-IDs that is ours, locked."""
    wanted = [each.lower() for each in message_ids]
    noted = func.lower(deliveries.c.destination_ref)
    order = case({each: place for place, each in enumerate(wanted)}, value=noted)
    query = select(deliveries).where(deliveries.c.channel == "email", noted.in_(wanted)).order_by(order)
    found = connection.execute(query.limit(1).with_for_update()).mappings().first()
    if found is not None:
        return dict(found)
    unnamed = _unacknowledged(connection)
    for each in wanted:
        name = _OURS.match(each)
        if name and (action_id := unnamed.get(name[1])):
            one = select(deliveries).where(deliveries.c.action_id == action_id)
            return dict(connection.execute(one.with_for_update()).mappings().one())
    return None


def settled(connection: Connection, row: dict[str, Any], *, now: datetime, who: str) -> dict[str, Any]:
    """The row as it stands once something came back for it: what is `held` was delivered after all, when it
    was tried last."""
    if row["state"] != State.HELD:
        return row
    assert State.DELIVERED in TRANSITIONS[State.HELD]
    changes = {
        "state": State.DELIVERED,
        "delivered_at": row["claimed_at"] or row["first_attempt_at"] or now,
        "lease_expires_at": None,
        "last_error": None,
    }
    connection.execute(update(deliveries).where(deliveries.c.action_id == row["action_id"]).values(**changes))
    append(connection, [{
        "action_id": row["action_id"], "at": now, "from_state": State.HELD, "to_state": State.DELIVERED,
        "attempt": row["attempts"], "who": who, "detail": "something came back for it, so the relay had it",
    }])  # fmt: skip
    return row | changes


def _unacknowledged(connection: Connection) -> dict[str, str]:
    """Fingerprints of mails that a relay may have taken without a word, by which their actions are found.

    Few: those in doubt, and those a person saw or wrote off.
    """
    query = select(deliveries.c.action_id).where(
        deliveries.c.channel == "email",
        deliveries.c.destination == SmtpChannel.destination,
        deliveries.c.first_attempt_at.is_not(None),
        deliveries.c.destination_ref.is_(None) | deliveries.c.destination_ref.not_like("<%"),
    )
    found: Iterable[str] = connection.scalars(query)
    return {fingerprint(action_id): action_id for action_id in found}
