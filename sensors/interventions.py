"""What a person may do to an action: every one leaves who, when and why in its history."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sensors.ledger import Ledger, UnknownActionError, append
from sensors.rendering import hash_of
from sensors.schema import TRANSITIONS, State, deliveries
from sensors.wording import clean


class NotAllowedNowError(RuntimeError):
    """The action is not in a state in which this may be done to it."""


def resend(
    ledger: Ledger, action_id: str, *, now: datetime, who: str, why: str, recipient: str | None = None
) -> None:
    """Put a `dead` or `held` action back in the queue, as if never tried; with `recipient`, to someone else.

    On this person's word it is news again, however old.

    Raises `UnknownActionError`, `NotAllowedNowError`.
    """
    changes: dict[str, Any] = {
        "attempts_forgiven": deliveries.c.attempts,
        "next_attempt_at": None,
        "send_until_at": None,
    }
    if recipient:
        why = f"{why} (to {recipient} instead)"
        changes["recipient"] = recipient
        approved = ledger.get(action_id).approved_content
        if approved is not None:
            # The same approved words to someone else, on this person's word.
            changes["approved_hash"] = hash_of(clean(recipient), json.loads(approved))
    _decide(ledger, action_id, {State.DEAD, State.HELD}, State.PENDING, changes, now=now, who=who, why=why)


def confirm(ledger: Ledger, action_id: str, *, now: datetime, who: str, why: str) -> None:
    """Settle a `held` action as delivered: a person looked and found the message at its destination.

    Raises `UnknownActionError`, `NotAllowedNowError`.
    """
    changes = {"delivered_at": now, "destination_ref": f"seen by {who}", "last_error": None}
    _decide(ledger, action_id, {State.HELD}, State.DELIVERED, changes, now=now, who=who, why=why)


def _decide(
    ledger: Ledger,
    action_id: str,
    allowed: set[State],
    to: State,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    who: str,
    why: str,
) -> None:
    with ledger.writing() as connection:
        query = select(deliveries.c.state, deliveries.c.attempts).where(deliveries.c.action_id == action_id)
        standing = connection.execute(query.with_for_update()).first()
        if standing is None:
            raise UnknownActionError(f"the ledger has no action {action_id!r}")
        state, attempts = State(standing[0]), int(standing[1])
        if state not in allowed:
            wanted = " or ".join(sorted(allowed))
            raise NotAllowedNowError(f"action {action_id} is {state}; only a {wanted} one may become {to}")
        assert to in TRANSITIONS[state]
        connection.execute(
            update(deliveries).where(deliveries.c.action_id == action_id).values(state=to, **changes)
        )
        event = {
            "action_id": action_id,
            "at": now,
            "from_state": state,
            "to_state": to,
            "attempt": attempts,
            "who": who,
            "detail": why,
        }
        append(connection, [event])
