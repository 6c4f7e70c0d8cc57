"""How far each system is with accounts' scores: which snapshot's it has, or when it is tried again.

Kept in the ledger (`sync_states`), so that the delivery sensor knows that scores are due though no action is,
and a system that takes none is asked ever more rarely. A new snapshot's scores are due at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from sensors.holds import standing
from sensors.ledger import Ledger, insert_into
from sensors.pacing import Pacing
from sensors.schema import sync_states

# An account that a person holds back is looked at again after that.
_HELD_BACK = timedelta(hours=1)
_LONGEST_WHY = 500


@dataclass(frozen=True)
class SyncState:
    """The version given last, how many in a row failed (in part or whole), when the next is due, and why."""

    snapshot_version: str
    failures: int
    again_at: datetime | None
    why: str | None

    def is_due(self, version: str, now: datetime) -> bool:
        return version != self.snapshot_version or (self.again_at is not None and self.again_at <= now)


def sync_states_of(ledger: Ledger) -> dict[str, SyncState]:
    with ledger.reading() as connection:
        rows = connection.execute(select(sync_states)).mappings().all()
    return {
        row["system"]: SyncState(row["snapshot_version"], row["failures"], row["again_at"], row["why"])
        for row in rows
    }


def left_alone(ledger: Ledger, now: datetime) -> dict[str, str]:
    """The systems nothing is written to now, as their channel rests or a person holds it back; and why."""
    waits = {name: f"it rests ({rest.reason})" for name, rest in ledger.resting(now).items()}
    return waits | {
        each.held: f"{each.who} holds it back ({each.why})"
        for each in standing(ledger, now=now)
        if each.scope == "channel"
    }


def systems_due(ledger: Ledger, systems: Collection[str], version: str, now: datetime) -> list[str]:
    """Of these, the ones that should be given the version's scores now."""
    known, waits = sync_states_of(ledger), left_alone(ledger, now)
    return [
        system
        for system in systems
        if system not in waits and (system not in known or known[system].is_due(version, now))
    ]


def note_sync(
    ledger: Ledger,
    system: str,
    version: str,
    *,
    error: str | None,
    asked_for: timedelta | None,
    has_kept_back: bool,
    now: datetime,
    pacing: Pacing,
) -> None:
    """Write down how a sync ended. `asked_for`: how long the system wants to be left alone."""
    failures, again_at = 0, now + _HELD_BACK if has_kept_back else None
    if error is not None:
        before = sync_states_of(ledger).get(system)
        failures = (before.failures if before else 0) + 1
        again_at = now + pacing.wait(failures, asked_for=asked_for)
    values = {
        "snapshot_version": version,
        "failures": failures,
        "again_at": again_at,
        "why": error[:_LONGEST_WHY] if error else None,
    }
    with ledger.writing() as connection:
        insert = insert_into(connection, sync_states).values(system=system, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["system"], set_=values))
