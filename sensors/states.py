"""The states of an action in the ledger, and what may follow what."""

from enum import StrEnum


class State(StrEnum):
    """Where an action stands. `delivered`, `suppressed`, `dead` and `held` are never left by the machine
    itself, with one exception: a worker that turns out to have delivered a `held` message says so.
    `awaiting_approval` is left by a person's word, or suppressed once its time is over."""

    AWAITING_APPROVAL = "awaiting_approval"
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"
    SUPPRESSED = "suppressed"
    HELD = "held"


# What may follow what; `None` is "not in the ledger yet".
TRANSITIONS: dict[State | None, frozenset[State]] = {
    None: frozenset({State.PENDING, State.SUPPRESSED, State.AWAITING_APPROVAL}),
    State.AWAITING_APPROVAL: frozenset({State.AWAITING_APPROVAL, State.PENDING, State.SUPPRESSED}),
    State.PENDING: frozenset({State.SENDING}),
    State.FAILED: frozenset({State.SENDING}),
    State.SENDING: frozenset(
        {State.DELIVERED, State.FAILED, State.DEAD, State.HELD, State.PENDING, State.SUPPRESSED}
    ),
    State.HELD: frozenset({State.PENDING, State.DELIVERED, State.SUPPRESSED}),
    State.DEAD: frozenset({State.PENDING, State.SUPPRESSED}),
    State.DELIVERED: frozenset(),
    State.SUPPRESSED: frozenset({State.PENDING}),
}
