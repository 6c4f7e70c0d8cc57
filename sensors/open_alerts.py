"""Which alerts that the Slack bot delivered still wait for an answer, by the thread they stand in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import RowMapping, Select, case, select

from sensors.channels.slack_bot import Posted, SlackBotChannel
from sensors.ledger import Ledger
from sensors.schema import deliveries, reply_events
from sensors.states import State
from warehouse.snapshots import open_snapshot

# As `marts.fct_sla` calls what nobody needs to answer any more.
_SETTLED = ("answered", "answered_late", "closed")
# How the facts of a reminder, and of what goes to the manager and the lead, name the alert it is about.
_NAMED = "alert_action_id"


@dataclass(frozen=True)
class OpenThread:
    """`alerts`: each with the `ts` of its message, oldest first. Where only a reminder of an alert stands in
    the thread, it stands for the alert."""

    conversation: str
    ts: str
    alerts: tuple[tuple[str, RowMapping], ...]

    @property
    def key(self) -> str:
        return f"{self.conversation}:{self.ts}"


def open_threads(ledger: Ledger, snapshot: Path | None) -> list[OpenThread]:
    """The threads in which an answer would count, in the order of their keys.

    Open is what wants an answer by a time, has no reply in the ledger yet, neither to it nor to a step of its
    ladder, and is neither answered nor closed as the published `fct_sla` knows it; what is newer than the
    snapshot is open. A step of the ladder is open as long as its alert, however that was sent.
    """
    with ledger.reading() as connection:
        rows = connection.execute(_asking()).mappings().all()
        replied: Sequence[Any] = connection.execute(_replied()).all() if rows else []
    answered = {_alert_of(action_id, facts) for action_id, facts in replied}
    named = {_alert_of(row["action_id"], row["facts"]) for row in rows}
    settled = answered | (_settled(snapshot, sorted(named - answered)) if snapshot and rows else set())
    threads: dict[tuple[str, str], list[tuple[str, RowMapping]]] = {}
    for row in rows:
        posted = Posted.read(row["destination_ref"])
        if posted is not None and _alert_of(row["action_id"], row["facts"]) not in settled:
            key = (posted.conversation, posted.thread or posted.ts)
            threads.setdefault(key, []).append((posted.ts, row))
    return [
        OpenThread(conversation, ts, _first_of_each(messages))
        for (conversation, ts), messages in sorted(threads.items())
    ]


def _first_of_each(messages: Sequence[tuple[str, RowMapping]]) -> tuple[tuple[str, RowMapping], ...]:
    """One message for each alert, its first in the thread: whatever answers a later one answers it, too."""
    found: dict[str, tuple[str, RowMapping]] = {}
    for ts, row in sorted(messages, key=lambda each: float(each[0])):
        found.setdefault(_alert_of(row["action_id"], row["facts"]), (ts, row))
    return tuple(found.values())


def _asking() -> Select[Any]:
    """What the bot posted that wants an answer: alerts, and steps of a ladder, whose facts name theirs."""
    return select(deliveries).where(
        deliveries.c.destination == SlackBotChannel.destination,
        deliveries.c.state == State.DELIVERED,
        deliveries.c.sla_due_at.is_not(None) | deliveries.c.facts.contains(f'"{_NAMED}"'),
        deliveries.c.destination_ref.is_not(None),
    )


def _replied() -> Select[Any]:
    """What has a reply: its id and, where they may name an alert, its facts."""
    facts = case((deliveries.c.facts.contains(f'"{_NAMED}"'), deliveries.c.facts))
    joined = reply_events.outerjoin(deliveries, deliveries.c.action_id == reply_events.c.action_id)
    return select(reply_events.c.action_id, facts).select_from(joined)


def _alert_of(action_id: str, facts: str | None) -> str:
    """The alert that a step of the ladder is about; of anything else itself."""
    if not facts or _NAMED not in facts:
        return action_id
    try:
        found = json.loads(facts)
    except ValueError:
        return action_id
    return str((found.get(_NAMED) if isinstance(found, dict) else None) or action_id)


def _settled(snapshot: Path, action_ids: Sequence[str]) -> set[str]:
    """Those answered or closed; none in a snapshot without `fct_sla`."""
    with open_snapshot(snapshot) as connection:
        try:
            rows = connection.execute(
                "select action_id from marts.fct_sla where status in (select unnest(?))"
                " and action_id in (select unnest(?))",
                [list(_SETTLED), list(action_ids)],
            ).fetchall()
        except duckdb.CatalogException:
            return set()
    return {str(row[0]) for row in rows}
