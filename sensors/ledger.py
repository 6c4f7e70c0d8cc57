"""The action ledger: what was decided, what became of it, and who did what when.

Every change of state goes through here, in a transaction that also appends to the history. `claims` has the
part the delivery loop uses, `interventions` what a person may do; this file opens the ledger, takes decisions
in and answers questions.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from sensors.decisions import Decision
from sensors.held import is_held
from sensors.opening import Database, open_database
from sensors.records import Delivery, Event, to_delivery
from sensors.schema import IS_QUEUED, deliveries, delivery_events, rests, snapshots
from sensors.states import State
from warehouse.snapshots import published_at

# The mode of what a machine prepares and a person sends.
ASSISTED = "assisted"
# SQLite allows 32,766 bound values in one statement.
_IDS_PER_QUERY = 10_000


class UnknownActionError(LookupError):
    """No such action in the ledger, or more than one."""


@dataclass(frozen=True)
class Enqueued:
    """How many decisions were new to the ledger, and how many of these are suppressed."""

    new: int
    suppressed: int


@dataclass(frozen=True)
class Rest:
    """Until when a channel is left alone, and what its destination said."""

    until: datetime
    reason: str


class Ledger:
    """One open ledger; safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def close(self) -> None:
        self.database.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with self.database.writers.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.database.readers.connect() as connection:
            yield connection

    def unknown(self, action_ids: Sequence[str]) -> list[str]:
        """Those of `action_ids` that never entered the ledger, in the order given."""
        known: set[str] = set()
        with self.reading() as connection:
            for start in range(0, len(action_ids), _IDS_PER_QUERY):
                chunk = action_ids[start : start + _IDS_PER_QUERY]
                known.update(
                    connection.scalars(
                        select(deliveries.c.action_id).where(deliveries.c.action_id.in_(chunk))
                    )
                )
        return [action_id for action_id in action_ids if action_id not in known]

    def enqueue(
        self, decisions: Sequence[Decision], *, snapshot_version: str, now: datetime, who: str
    ) -> Enqueued:
        """Take in decisions; those already here stay as they are, whatever the snapshot says now."""
        rows = [_row(decision, snapshot_version, now) for decision in decisions]
        if not rows:
            return Enqueued(0, 0)
        with self.writing() as connection:
            insert = insert_into(connection, deliveries)
            statement = insert.on_conflict_do_nothing(index_elements=["action_id"]).returning(
                deliveries.c.action_id
            )
            entered = set(connection.scalars(statement, rows))
            new = [row for row in rows if row["action_id"] in entered]
            append(connection, [
                {
                    "action_id": row["action_id"], "at": now, "from_state": None, "to_state": row["state"],
                    "attempt": 0, "who": who, "detail": row["suppressed_reason"] or row["reason"],
                }
                for row in new
            ])  # fmt: skip
        return Enqueued(len(new), sum(row["state"] == State.SUPPRESSED for row in new))

    def has_read(self, snapshot_version: str) -> bool:
        """Whether all decisions of this version have been taken in."""
        with self.reading() as connection:
            query = select(snapshots.c.version).where(snapshots.c.version == snapshot_version)
            return connection.scalar(query) is not None

    def record_read(
        self, snapshot_version: str, *, decisions: int, enqueued: Enqueued, now: datetime
    ) -> None:
        row = {
            "version": snapshot_version,
            "read_at": now,
            "decisions": decisions,
            "enqueued": enqueued.new,
            "suppressed": enqueued.suppressed,
        }
        with self.writing() as connection:
            connection.execute(insert_into(connection, snapshots).on_conflict_do_nothing(), row)

    def by_state(self) -> dict[str, int]:
        """Standing totals, every state present."""
        with self.reading() as connection:
            counts = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
            found: dict[str, int] = {row[0]: row[1] for row in counts}
        return {state.value: found.get(state.value, 0) for state in State}

    def due(self, now: datetime) -> int:
        """How many rows could be sent right now, were left behind by a worker whose lease ran out, or waited
        for a person for too long. Rows that people hold back or of a resting channel can't be sent.
        """
        can_go = deliveries.c.channel.not_in(select(rests.c.channel).where(rests.c.until > now))
        left_behind = (deliveries.c.state == State.SENDING) & (deliveries.c.lease_expires_at <= now)
        with self.reading() as connection:
            counts = [
                connection.scalar(select(func.count()).select_from(deliveries).where(*conditions))
                for conditions in (
                    (IS_QUEUED, is_due(now), can_go, ~is_held(now)),
                    (left_behind,),
                    (is_expired(now),),
                )
            ]
        return sum(int(count or 0) for count in counts)

    def resting(self, now: datetime) -> dict[str, Rest]:
        """The channels that rest now."""
        with self.reading() as connection:
            rows = connection.execute(select(rests).where(rests.c.until > now)).mappings()
            return {row["channel"]: Rest(row["until"], row["reason"]) for row in rows}

    def get(self, action_id: str) -> Delivery:
        """Raises `UnknownActionError`."""
        with self.reading() as connection:
            found = (
                connection.execute(select(deliveries).where(deliveries.c.action_id == action_id))
                .mappings()
                .first()
            )
        if found is None:
            raise UnknownActionError(
                f"the ledger has no action {action_id!r}; `python -m sensors status` lists what it has"
            )
        return to_delivery(found)

    def named(self, given: str) -> str:
        """The id of the action that is called so, or the only one that begins so, as messages show it.

        Raises `UnknownActionError`.
        """
        column = deliveries.c.action_id
        begins = func.substr(column, 1, len(given)) == given
        with self.reading() as connection:
            if not given or connection.scalar(select(column).where(column == given)) is not None:
                return given
            found: list[str] = list(connection.scalars(select(column).where(begins).limit(2)))
        if len(found) > 1:
            raise UnknownActionError(f"several actions begin with {given!r}; give more of the id")
        return found[0] if found else given

    def in_state(self, state: State, *, limit: int) -> list[Delivery]:
        """Newest first."""
        query = select(deliveries).where(deliveries.c.state == state)
        query = query.order_by(deliveries.c.created_at.desc(), deliveries.c.action_id).limit(limit)
        with self.reading() as connection:
            return [to_delivery(row) for row in connection.execute(query).mappings()]

    def history(self, action_id: str) -> list[Event]:
        """Oldest first."""
        query = select(delivery_events).where(delivery_events.c.action_id == action_id)
        with self.reading() as connection:
            rows = connection.execute(query.order_by(delivery_events.c.event_id)).mappings()
            return [Event(**{field.name: row[field.name] for field in fields(Event)}) for row in rows]


def open_ledger(url: str, *, may_create: bool = True) -> Ledger:
    """Open the ledger at a database URL, creating its tables if it may, or upgrading them.

    Raises `LedgerUnusableError`.
    """
    return Ledger(open_database(url, may_create=may_create))


def append(connection: Connection, events: Sequence[Mapping[str, Any]]) -> None:
    """Add to the history, in the transaction that changes the rows."""
    table: Table = delivery_events
    if events:
        connection.execute(table.insert(), list(events))


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which every dialect spells by itself."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def is_due(now: datetime) -> Any:
    """The condition that a queued row's waiting time is over."""
    may_be_tried = deliveries.c.next_attempt_at.is_(None) | (deliveries.c.next_attempt_at <= now)
    may_be_sent = deliveries.c.send_after_at.is_(None) | (deliveries.c.send_after_at <= now)
    return may_be_tried & may_be_sent


def is_expired(now: datetime) -> Any:
    """The condition that a row waited for a person's approval until its time was over."""
    return (deliveries.c.state == State.AWAITING_APPROVAL) & (deliveries.c.expires_at <= now)


def _row(decision: Decision, snapshot_version: str, now: datetime) -> dict[str, Any]:
    values = {field.name: getattr(decision, field.name) for field in fields(Decision)}
    return values | {
        "state": _first_state(decision),
        "attempts": 0,
        "attempts_forgiven": 0,
        "snapshot_version": snapshot_version,
        "published_at": published_at(snapshot_version),
        "created_at": now,
    }


def _first_state(decision: Decision) -> State:
    if decision.suppressed_by is not None:
        return State.SUPPRESSED
    return State.AWAITING_APPROVAL if decision.mode == ASSISTED else State.PENDING
