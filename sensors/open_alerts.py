"""Which alerts that the Slack bot delivered still wait for an answer, by the thread they stand in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from sqlalchemy import RowMapping, select

from sensors.channels.slack_bot import Posted, SlackBotChannel
from sensors.ledger import Ledger
from sensors.schema import State, deliveries, reply_events
from warehouse.snapshots import open_snapshot

# As `marts.fct_sla` calls what nobody needs to answer any more.
_SETTLED = ("answered", "answered_late", "closed")


@dataclass(frozen=True)
class OpenThread:
    """`alerts`: each with the `ts` of its message, oldest first."""

    conversation: str
    ts: str
    alerts: tuple[tuple[str, RowMapping], ...]

    @property
    def key(self) -> str:
        return f"{self.conversation}:{self.ts}"


def open_threads(ledger: Ledger, snapshot: Path | None) -> list[OpenThread]:
    """The threads in which an answer would count, in the order of their keys.

    Open is what wants an answer by a time, has no reply in the ledger yet, and is neither answered nor closed
    as the published `fct_sla` knows it; what is newer than the snapshot is open.
    """
    answered = select(reply_events.c.action_id).where(reply_events.c.action_id == deliveries.c.action_id)
    query = select(deliveries).where(
        deliveries.c.destination == SlackBotChannel.destination,
        deliveries.c.state == State.DELIVERED,
        deliveries.c.sla_due_at.is_not(None),
        deliveries.c.destination_ref.is_not(None),
        ~answered.exists(),
    )
    with ledger.reading() as connection:
        rows = connection.execute(query).mappings().all()
    settled = _settled(snapshot, [row["action_id"] for row in rows]) if snapshot and rows else set()
    threads: dict[tuple[str, str], list[tuple[str, RowMapping]]] = {}
    for row in rows:
        posted = Posted.parse(row["destination_ref"])
        if row["action_id"] not in settled and posted.ts:
            key = (posted.conversation, posted.thread or posted.ts)
            threads.setdefault(key, []).append((posted.ts, row))
    return [
        OpenThread(conversation, ts, tuple(sorted(alerts, key=lambda each: float(each[0]))))
        for (conversation, ts), alerts in sorted(threads.items())
    ]


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
