"""Claiming rows, settling them, and taking over what a dead worker left: the ledger's side of the loop.

A claim is one UPDATE that marks the next rows `sending` with a lease and counts the attempt; it is on disk
before anything is sent. (`claimed_by`, `attempts`) then is the claim's token: a settlement counts only while
the row still carries it, so a worker that lost its lease can't overwrite what happened since.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select, true, update

from sensors.held import is_held
from sensors.ledger import Ledger, append, is_due
from sensors.records import Delivery, to_delivery
from sensors.schema import IS_QUEUED, IS_SENDING, QUEUE_ORDER, deliveries
from sensors.states import TRANSITIONS, State


@dataclass(frozen=True)
class Head:
    """What comes next in the queue: the lane a claim is taken from."""

    channel: str
    is_immediate: bool
    priority: int


@dataclass(frozen=True)
class Settlement:
    """What became of one claimed row. `delivery` is the row as claimed.

    `suppressed_by`: the rule by which it is `suppressed`; nothing was tried, so the claim does not count.
    `is_forgiven`: the attempt failed for no fault of the row's, and does not count to the limit.
    """

    delivery: Delivery
    state: State
    detail: str
    destination_ref: str | None = None
    next_attempt_at: datetime | None = None
    message_hash: str | None = None
    suppressed_by: str | None = None
    is_forgiven: bool = False


def head(
    ledger: Ledger,
    *,
    now: datetime,
    without: Collection[str] = (),
    only_immediate: bool = False,
    among: Sequence[str] | None = None,
) -> Head | None:
    """The lane of the first due row: immediate ones first, then priority, day, id. None: nothing is due.

    `among`: of these actions only.
    """
    query = select(deliveries.c.channel, deliveries.c.is_immediate, deliveries.c.priority)
    query = (
        query.where(IS_QUEUED, is_due(now), ~is_held(now), deliveries.c.channel.not_in(without))
        .order_by(*QUEUE_ORDER)
        .limit(1)
    )
    if only_immediate:
        query = query.where(deliveries.c.is_immediate == true())
    if among is not None:
        query = query.where(deliveries.c.action_id.in_(among))
    with ledger.reading() as connection:
        found = connection.execute(query).first()
    return None if found is None else Head(str(found[0]), bool(found[1]), int(found[2]))


def claim(
    ledger: Ledger,
    lane: Head,
    *,
    limit: int,
    destination: str,
    worker: str,
    now: datetime,
    lease: timedelta,
    among: Sequence[str] | None = None,
) -> list[Delivery]:
    """Claim up to `limit` due rows of one lane, in queue order; committed when this returns.

    `among`: of these actions only. Rows that another worker is claiming at the same moment are passed over.
    """
    chosen = (
        select(deliveries.c.action_id)
        .where(
            IS_QUEUED,
            is_due(now),
            ~is_held(now),
            deliveries.c.channel == lane.channel,
            deliveries.c.is_immediate == lane.is_immediate,
            deliveries.c.priority == lane.priority,
        )
        .order_by(*QUEUE_ORDER)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    if among is not None:
        chosen = chosen.where(deliveries.c.action_id.in_(among))
    statement = (
        update(deliveries)
        .where(deliveries.c.action_id.in_(chosen))
        .values(
            state=State.SENDING,
            attempts=deliveries.c.attempts + 1,
            first_attempt_at=case(
                (deliveries.c.first_attempt_at.is_(None), now), else_=deliveries.c.first_attempt_at
            ),
            destination=destination,
            claimed_by=worker,
            claimed_at=now,
            lease_expires_at=now + lease,
        )
        .returning(deliveries)
    )
    with ledger.writing() as connection:
        claimed = [to_delivery(row) for row in connection.execute(statement).mappings()]
        append(
            connection,
            [
                _event(
                    row,
                    _queued_as(row),
                    State.SENDING,
                    now,
                    worker=worker,
                    detail=f"claimed for {destination}",
                )
                for row in claimed
            ],
        )
    return sorted(claimed, key=lambda row: (row.decided_for is None, row.decided_for, row.action_id))


def settle(
    ledger: Ledger, settlements: Sequence[Settlement], *, worker: str, now: datetime
) -> list[Settlement]:
    """Write down what became of claimed rows, in one transaction; returns those that still were ours.

    A row that was held meanwhile, because we seemed dead, still becomes `delivered` when it was.
    """
    done: list[Settlement] = []
    with ledger.writing() as connection:
        events = []
        for settlement in settlements:
            assert settlement.state in TRANSITIONS[State.SENDING]
            statement = _AS.get(settlement.state, _AS_NOT_DELIVERED)
            values = _token_of(settlement.delivery) | _settled(settlement, now)
            if connection.execute(statement, values).rowcount:
                done.append(settlement)
                events.append(
                    _event(
                        settlement.delivery,
                        State.SENDING,
                        settlement.state,
                        now,
                        worker=worker,
                        detail=settlement.detail,
                    )
                )
        append(connection, events)
    return done


def release(
    ledger: Ledger,
    unsent: Sequence[Delivery],
    *,
    worker: str,
    now: datetime,
    why: str,
    not_before: datetime | None = None,
) -> None:
    """Give back claimed rows that certainly were not sent; the claim does not count as an attempt.

    `not_before`: they wait until then, whatever was decided of it before.
    """
    with ledger.writing() as connection:
        for row in unsent:
            statement = _AS_UNSENT if not_before is None else _AS_PUT_BACK
            until = {} if not_before is None else {"not_before": not_before}
            if connection.execute(statement, _token_of(row) | until).rowcount:
                append(
                    connection, [_event(row, State.SENDING, State.PENDING, now, worker=worker, detail=why)]
                )


def abandoned(ledger: Ledger, *, now: datetime, dead: Collection[str] = ()) -> list[Delivery]:
    """Rows still `sending` whose lease ran out, or whose worker is known to be dead."""
    gone = (deliveries.c.lease_expires_at <= now) | deliveries.c.claimed_by.in_(dead)
    with ledger.reading() as connection:
        rows = connection.execute(
            select(deliveries).where(IS_SENDING, gone).order_by(*QUEUE_ORDER)
        ).mappings()
        return [to_delivery(row) for row in rows]


def claimants(ledger: Ledger) -> list[str]:
    """The workers that hold rows at present."""
    with ledger.reading() as connection:
        query = select(deliveries.c.claimed_by).where(IS_SENDING).distinct()
        names: Sequence[str | None] = connection.scalars(query).all()
        return [name for name in names if name is not None]


def _queued_as(row: Delivery) -> State:
    """The state a claimed row came from: only failed ones have a time to wait for."""
    return State.PENDING if row.next_attempt_at is None else State.FAILED


# Built once: making a statement takes longer than running it.
_TOKEN = (
    (deliveries.c.action_id == bindparam("of_action"))
    & (deliveries.c.claimed_by == bindparam("of_worker"))
    & (deliveries.c.attempts == bindparam("of_attempt"))
)
_HASH: ColumnElement[str] = func.coalesce(bindparam("hash"), deliveries.c.message_hash)
_AS_DELIVERED = (
    update(deliveries)
    .where(_TOKEN, deliveries.c.state.in_([State.SENDING, State.HELD]))
    .values(
        state=State.DELIVERED,
        lease_expires_at=None,
        next_attempt_at=None,
        last_error=None,
        message_hash=_HASH,
        delivered_at=bindparam("at"),
        destination_ref=bindparam("reference"),
    )
)
_AS_NOT_DELIVERED = (
    update(deliveries)
    .where(_TOKEN, deliveries.c.state == State.SENDING)
    .values(
        state=bindparam("to_state"),
        attempts_forgiven=deliveries.c.attempts_forgiven + bindparam("forgiven"),
        lease_expires_at=None,
        next_attempt_at=bindparam("again_at"),
        last_error=bindparam("error"),
        message_hash=_HASH,
    )
)
_AS_UNSENT = (
    update(deliveries)
    .where(_TOKEN, deliveries.c.state == State.SENDING)
    .values(
        state=State.PENDING, attempts=deliveries.c.attempts - 1, lease_expires_at=None, next_attempt_at=None
    )
)
_AS_PUT_BACK = _AS_UNSENT.values(send_after_at=bindparam("not_before"))
# The claim was no attempt.
_AS_SUPPRESSED = (
    update(deliveries)
    .where(_TOKEN, deliveries.c.state == State.SENDING)
    .values(
        state=State.SUPPRESSED,
        attempts=deliveries.c.attempts - 1,
        lease_expires_at=None,
        next_attempt_at=None,
        message_hash=_HASH,
        suppressed_by=bindparam("rule"),
        suppressed_reason=bindparam("words"),
    )
)
_AS = {State.DELIVERED: _AS_DELIVERED, State.SUPPRESSED: _AS_SUPPRESSED}


def _token_of(row: Delivery) -> dict[str, Any]:
    return {"of_action": row.action_id, "of_worker": row.claimed_by, "of_attempt": row.attempts}


def _settled(settlement: Settlement, now: datetime) -> dict[str, Any]:
    if settlement.state is State.DELIVERED:
        return {"hash": settlement.message_hash, "at": now, "reference": settlement.destination_ref}
    if settlement.state is State.SUPPRESSED:
        return {
            "hash": settlement.message_hash,
            "rule": settlement.suppressed_by,
            "words": settlement.detail,
        }
    return {
        "hash": settlement.message_hash,
        "to_state": settlement.state,
        "forgiven": int(settlement.is_forgiven),
        "again_at": settlement.next_attempt_at,
        "error": settlement.detail,
    }


def _event(
    row: Delivery, before: State, after: State, now: datetime, *, worker: str, detail: str
) -> dict[str, Any]:
    return {
        "action_id": row.action_id,
        "at": now,
        "from_state": before,
        "to_state": after,
        "attempt": row.attempts,
        "who": worker,
        "detail": detail,
    }
