"""What a person may do to an action: every one leaves who, when and why in its history."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sensors.gate import TOO_OLD
from sensors.ledger import Ledger, UnknownActionError, append
from sensors.rendering import hash_of
from sensors.schema import deliveries
from sensors.states import TRANSITIONS, State
from sensors.wording import clean

# What was withheld by an installation's settings, or came too late, may still be sent on a person's word.
# What policy, a guard or a person suppressed may not.
RESENDABLE_RULES = frozenset({"not_allowed_here", "test_mode", TOO_OLD})


class NotAllowedNowError(RuntimeError):
    """The action is not in a state in which this may be done to it."""


def resend(
    ledger: Ledger, action_id: str, *, now: datetime, who: str, why: str, recipient: str | None = None
) -> None:
    """Put a `dead` or `held` action back in the queue, as if never tried; with `recipient`, to someone else.

    So may be what is `suppressed` by one of `RESENDABLE_RULES`. On this person's word it is news again,
    however old.

    Raises `UnknownActionError`, `NotAllowedNowError`.
    """
    changes: dict[str, Any] = {
        "attempts_forgiven": deliveries.c.attempts,
        "next_attempt_at": None,
        "send_until_at": None,
        "suppressed_by": None,
        "suppressed_reason": None,
    }
    if recipient:
        why = f"{why} (to {recipient} instead)"
        changes["recipient"] = recipient
        approved = ledger.get(action_id).approved_content
        if approved is not None:
            # The same approved words to someone else, on this person's word.
            changes["approved_hash"] = hash_of(clean(recipient), json.loads(approved))
    allowed = {State.DEAD, State.HELD, State.SUPPRESSED}
    _decide(ledger, action_id, allowed, State.PENDING, changes, now=now, who=who, why=why)


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
        columns = (deliveries.c.state, deliveries.c.attempts, deliveries.c.suppressed_by)
        query = select(*columns).where(deliveries.c.action_id == action_id)
        standing = connection.execute(query.with_for_update()).first()
        if standing is None:
            raise UnknownActionError(f"the ledger has no action {action_id!r}")
        state, attempts = State(standing[0]), int(standing[1])
        if state not in allowed:
            wanted = " or ".join(sorted(allowed))
            raise NotAllowedNowError(f"action {action_id} is {state}; only a {wanted} one may become {to}")
        if state is State.SUPPRESSED and standing[2] not in RESENDABLE_RULES:
            rules = ", ".join(sorted(RESENDABLE_RULES))
            raise NotAllowedNowError(
                f"action {action_id} is suppressed by {standing[2]}; only what {rules} suppressed may be sent"
            )
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
