"""Rows of the ledger as others are given them."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import RowMapping


@dataclass(frozen=True)
class Delivery:
    """A row of `deliveries`; instants are aware UTC. See `sensors.schema` for the columns."""

    action_id: str
    channel: str
    state: str
    attempts: int
    attempts_forgiven: int
    first_attempt_at: datetime | None
    delivered_at: datetime | None
    destination_ref: str | None
    last_error: str | None
    account_id: str | None
    play_id: str | None
    activity: str | None
    mode: str | None
    template_id: str | None
    recipient: str | None
    recipient_name: str | None
    reason: str | None
    suppressed_by: str | None
    suppressed_reason: str | None
    is_immediate: bool
    priority: int
    decided_for: date | None
    sla_due_at: datetime | None
    policy_valid_from: date | None
    facts: str | None
    snapshot_version: str | None
    created_at: datetime
    destination: str | None
    claimed_by: str | None
    claimed_at: datetime | None
    lease_expires_at: datetime | None
    next_attempt_at: datetime | None
    message_hash: str | None
    send_after_at: datetime | None
    expires_at: datetime | None
    edits: str | None
    approved_at: datetime | None
    approved_by: str | None
    approved_content: str | None
    approved_hash: str | None
    published_at: datetime | None
    send_until_at: datetime | None
    message_kind: str | None


@dataclass(frozen=True)
class Event:
    """One step of an action's history."""

    at: datetime
    from_state: str | None
    to_state: str
    attempt: int
    who: str
    detail: str | None


def to_delivery(row: RowMapping) -> Delivery:
    return Delivery(**{column: row[column] for column in _DELIVERY_COLUMNS})


_DELIVERY_COLUMNS = tuple(field.name for field in fields(Delivery))
