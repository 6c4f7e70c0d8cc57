"""Reading decided actions from a published snapshot: `actions.fct_action_decisions`, one row per action."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse.snapshots import open_snapshot

TABLE = "actions.fct_action_decisions"
IDS_PER_CHUNK = 10_000


class SnapshotUnreadableError(RuntimeError):
    """The snapshot can't be opened or does not keep to the contract of its decisions."""


@dataclass(frozen=True)
class Decision:
    """One decided action. `suppressed_by` names the rule that forbids sending it (null: send it).

    `facts` is JSON text that holds `episode_started_on`, too: the day on which what set the action off began.
    `sla_due_at` is an instant in UTC. `recipient` is a Slack user id or `#channel`, an e-mail address, or for
    webhooks the account's id. `send_after_at`: not before (null: at once). `expires_at`: until when a person
    may approve it (null: for ever). `send_until_at`: old news from then on.
    """

    action_id: str
    decided_for: date | None
    account_id: str | None
    play_id: str | None
    activity: str | None
    mode: str | None
    channel: str
    recipient: str | None
    recipient_name: str | None
    reason: str | None
    suppressed_by: str | None
    suppressed_reason: str | None
    sla_due_at: datetime | None
    template_id: str | None
    is_immediate: bool
    priority: int
    policy_valid_from: date | None
    facts: str | None
    send_after_at: datetime | None = None
    expires_at: datetime | None = None
    send_until_at: datetime | None = None
    message_kind: str | None = None


# Types are forced here so that a model's harmless change of type can't reach the ledger.
_COLUMNS = {
    "action_id": "varchar",
    "decided_for": "date",
    "account_id": "varchar",
    "play_id": "varchar",
    "activity": "varchar",
    "mode": "varchar",
    "channel": "varchar",
    "recipient": "varchar",
    "recipient_name": "varchar",
    "reason": "varchar",
    "suppressed_by": "varchar",
    "suppressed_reason": "varchar",
    "sla_due_at": "timestamp",
    "template_id": "varchar",
    "is_immediate": "boolean",
    "priority": "integer",
    "policy_valid_from": "date",
    "facts": "varchar",
    "episode_started_on": "varchar",
    "send_after_at": "timestamp",
    "expires_at": "timestamp",
    "send_until_at": "timestamp",
    "message_kind": "varchar",
}
_INSTANTS = [name for name, kind in _COLUMNS.items() if kind == "timestamp"]
_EPISODE = "episode_started_on"
# Snapshots of before these were decided are read, too.
_ADDED_LATER = {_EPISODE, "send_after_at", "expires_at", "send_until_at", "message_kind"}


class DecisionReader:
    """The decisions of one opened snapshot, read in chunks so that memory does not grow with history."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def action_ids(self, *, only_immediate: bool = False) -> Iterator[list[str]]:
        """All ids (or those of immediate actions), in chunks, immediate ones first.

        Raises `SnapshotUnreadableError` when one is null.
        """
        which = " where is_immediate" if only_immediate else ""
        cursor = self._connection.cursor().execute(
            f"select action_id::varchar from {TABLE}{which} order by coalesce(is_immediate, false) desc"
        )
        while rows := cursor.fetchmany(IDS_PER_CHUNK):
            ids = [action_id for (action_id,) in rows]
            if None in ids:
                raise SnapshotUnreadableError(
                    f"{TABLE} has a row without action_id; nothing was enqueued from it"
                )
            yield ids

    def decisions(self, action_ids: Sequence[str]) -> list[Decision]:
        missing = _ADDED_LATER - set(self._held())
        columns = ", ".join(
            f"{'null' if name in missing else name}::{kind} as {name}" for name, kind in _COLUMNS.items()
        )
        rows = self._connection.cursor().execute(
            f"select {columns} from {TABLE} where action_id in (select unnest(?))", [list(action_ids)]
        )
        return [_decision(dict(zip(_COLUMNS, row, strict=True))) for row in rows.fetchall()]

    def _held(self) -> list[str]:
        described = self._connection.cursor().execute(f"describe {TABLE}")
        return [str(name) for name, *_ in described.fetchall()]


@contextmanager
def open_decisions(snapshot: Path) -> Iterator[DecisionReader]:
    """Open a snapshot's decisions. Raises `SnapshotUnreadableError`."""
    try:
        with open_snapshot(snapshot) as connection:
            yield DecisionReader(connection)
    except duckdb.Error as error:
        raise SnapshotUnreadableError(
            f"the decisions of {snapshot.name} can't be read; publish a new snapshot with `make run`: {error}"
        ) from error


def play_ids(snapshot: Path) -> set[str]:
    """Every play of the published policy, of any version; none where a snapshot has no policy.

    Raises `SnapshotUnreadableError`.
    """
    return _ids(snapshot, "policy.plays", "play_id")


def account_ids(snapshot: Path) -> set[str]:
    """Every account of the snapshot; none where it has no accounts. Raises `SnapshotUnreadableError`."""
    return _ids(snapshot, "marts.dim_accounts", "account_id")


def _ids(snapshot: Path, table: str, column: str) -> set[str]:
    try:
        with open_snapshot(snapshot.resolve()) as connection:
            rows = connection.cursor().execute(f"select distinct {column}::varchar from {table}").fetchall()
    except duckdb.CatalogException:
        return set()
    except duckdb.Error as error:
        raise SnapshotUnreadableError(f"{table} of {snapshot.name} can't be read: {error}") from error
    return {row[0] for row in rows}


def _decision(row: dict[str, object]) -> Decision:
    for name in _INSTANTS:
        at = row[name]
        row[name] = at.replace(tzinfo=UTC) if isinstance(at, datetime) else None
    row["facts"] = _with_episode(row["facts"], row.pop(_EPISODE))
    row["is_immediate"] = bool(row["is_immediate"])
    row["channel"] = row["channel"] or ""
    # No priority means nobody called it urgent.
    row["priority"] = _LAST if row["priority"] is None else row["priority"]
    return Decision(**row)  # type: ignore[arg-type]


def _with_episode(facts: object, started_on: object) -> object:
    """Messages say since when. What is no JSON object is left to rendering, which says what is wrong."""
    try:
        held = json.loads(str(facts or "{}"))
    except ValueError:
        return facts
    if started_on is None or not isinstance(held, dict):
        return facts
    return json.dumps({_EPISODE: started_on} | held, ensure_ascii=False)


_LAST = 2**31 - 1
