"""Delivery: take new decisions of a published snapshot into the ledger, and carry out what is due.

Safe to run again at any time, after a crash, and several times at once: see `sensors.claims` for how, and
`sensors.channels.channel` for what can be promised per destination.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import sleep as _sleep

from sensors.channels.attributes import AttributeWriter
from sensors.channels.channel import Channel
from sensors.decisions import IDS_PER_CHUNK, open_decisions
from sensors.delivery_stops import open_stops
from sensors.dispatch import Dispatcher
from sensors.gate import Gate
from sensors.ledger import Enqueued, Ledger
from sensors.pacing import Pacing
from sensors.past_deliveries import introduce
from sensors.recovery import recover, worker_identity
from sensors.rendering import Renderer
from sensors.reviews import expire, withdraw
from sensors.score_sync import SystemSync, sync_scores
from sensors.states import State

# Told (rows worked on so far, rows that were due at the start).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DeliveryReport:
    """What one call of `deliver` did, and where the ledger stands after it.

    `enqueued`: decisions new to the ledger, `suppressed` ones among them. `attempted`: rows claimed and
    tried. `sent_now`: rows delivered by this call, per channel. `settled_now`: rows settled by this call, per
    state. `recovered`: rows of crashed workers, per state they went to. `resting`: channels that wait for
    their destination, with the reason. `by_state`: standing totals over the whole ledger.
    `synced`: per system that shows accounts' scores, what was written there.
    """

    enqueued: int
    suppressed: int
    attempted: int
    by_state: Mapping[str, int]
    sent_now: Mapping[str, int]
    settled_now: Mapping[str, int] = field(default_factory=dict)
    recovered: Mapping[str, int] = field(default_factory=dict)
    resting: Mapping[str, str] = field(default_factory=dict)
    synced: Mapping[str, SystemSync] = field(default_factory=dict)


def deliver(
    ledger: Ledger,
    snapshot: Path | None,
    channels: Mapping[str, Channel],
    *,
    now: Callable[[], datetime],
    worker: str,
    progress: Progress | None = None,
    pacing: Pacing | None = None,
    renderer: Renderer | None = None,
    sleep: Callable[[float], None] = _sleep,
    only_immediate: bool = False,
    writers: Mapping[str, AttributeWriter] | None = None,
    takes_new: bool = True,
    until: datetime | None = None,
    only: Sequence[str] | None = None,
    only_due_scores: bool = False,
) -> DeliveryReport:
    """Enqueue the snapshot's new decisions, let expire what nobody approved in time, reconcile crashed sends,
    then send until nothing is due and nothing speaks against. Scores are written last: they are never as
    urgent as an alert.

    `snapshot` is a version's file (`warehouse.snapshots.current`); with None only what the ledger holds is
    carried out. Without `takes_new` it only says what may not be sent any more. `now` gives aware instants.
    Rows that must wait (a failed attempt, a resting channel) are left to the next call. `only_immediate`: the
    same for immediate actions alone; the others are left to whoever calls without it. No message is begun
    after `until`. `only`: these actions and nothing else; what others left behind, and scores, are
    for another call. `only_due_scores`: a system that has them, or failed just now, is left alone.
    Raises `SnapshotUnreadableError`; what destinations do stands in the ledger.
    """
    introduce(channels.values(), ledger)
    with worker_identity(ledger, worker) as name, open_stops(snapshot) as stops:
        gate = Gate(stops, ledger)
        enqueued = Enqueued(0, 0)
        if snapshot and takes_new:
            enqueued = enqueue_decisions(
                ledger, snapshot, now=now, who=name, only_immediate=only_immediate, only=only
            )
        expired, recovered = 0, Counter[str]()
        if only is None:
            expired = expire(ledger, now=now(), who=name)
            expired += withdraw(ledger, gate.stops_against, now=now(), who=name)
            recovered = recover(ledger, channels, worker=name, now=now())
        dispatcher = Dispatcher(
            ledger, channels, name, now, pacing or Pacing(), renderer or Renderer(),
            sleep=sleep, only_immediate=only_immediate, gate=gate, until=until,
        )  # fmt: skip
        due = ledger.due(now()) if progress else 0
        try:
            for among in [None] if only is None else map(list, _in_chunks(only)):
                dispatcher.among = among
                dispatcher.run(lambda done: progress(done, max(due, done)) if progress else None)
        finally:
            for channel in channels.values():
                channel.close()
        synced: Mapping[str, SystemSync] = {}
        if snapshot and writers and only is None:
            synced = sync_scores(ledger, snapshot, writers, now=now, pacing=pacing, only_due=only_due_scores)
    return DeliveryReport(
        enqueued=enqueued.new,
        suppressed=enqueued.suppressed,
        attempted=dispatcher.tally.attempted,
        by_state=ledger.by_state(),
        sent_now=dict(dispatcher.tally.delivered),
        settled_now=dict(dispatcher.tally.settled + Counter({State.SUPPRESSED.value: expired})),
        recovered=dict(recovered),
        resting={channel: rest.reason for channel, rest in ledger.resting(now()).items()},
        synced=synced,
    )


def enqueue_decisions(
    ledger: Ledger,
    snapshot: Path,
    *,
    now: Callable[[], datetime],
    who: str,
    only_immediate: bool = False,
    only: Sequence[str] | None = None,
) -> Enqueued:
    """Take the decisions of a version into the ledger that are not there yet.

    A version that has been read whole is not read again (versions never change). Reading its immediate
    decisions alone is not that, nor are `only` some actions. Raises `SnapshotUnreadableError`.
    """
    version = snapshot.resolve().stem
    if ledger.has_read(version):
        return Enqueued(0, 0)
    seen, total = 0, Enqueued(0, 0)
    with open_decisions(snapshot.resolve()) as reader:
        chunks = reader.action_ids(only_immediate=only_immediate) if only is None else _in_chunks(only)
        for action_ids in chunks:
            seen += len(action_ids)
            if unknown := ledger.unknown(action_ids):
                decisions = reader.decisions(unknown)
                taken = ledger.enqueue(decisions, snapshot_version=version, now=now(), who=who)
                total = Enqueued(total.new + taken.new, total.suppressed + taken.suppressed)
    if not only_immediate and only is None:
        ledger.record_read(version, decisions=seen, enqueued=total, now=now())
    return total


def _in_chunks(action_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many as one statement bears, in the order given."""
    return (action_ids[at : at + IDS_PER_CHUNK] for at in range(0, len(action_ids), IDS_PER_CHUNK))
