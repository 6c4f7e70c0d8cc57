"""What would be sent now, to whom, in which words: looked at before anything leaves.

A plan is tied to its snapshot and to the messages' hashes, and it expires: carrying it out later sends
nothing when anything would have become different.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from sensors import holds
from sensors.channels.channel import Channel, Message
from sensors.channels.withholding import withheld
from sensors.decisions import Decision, open_decisions
from sensors.delivery_stops import open_stops
from sensors.gate import Gate
from sensors.held import is_held
from sensors.holds import Hold
from sensors.ledger import ASSISTED, Ledger, is_due
from sensors.records import Delivery, to_delivery
from sensors.rendering import Renderer, UnrenderableError, message_hash
from sensors.schema import IS_QUEUED, QUEUE_ORDER, deliveries
from sensors.states import State
from warehouse.writing import writing_to


class PlanRefusedError(ValueError):
    """The plan is unknown, over, or no longer what would be sent; the text says which."""


@dataclass(frozen=True)
class Planned:
    """One message that would leave now. `content` as `Message` has it."""

    action_id: str
    account_id: str
    play_id: str
    channel: str
    destination: str
    recipient: str
    hash: str
    content: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """`plan_id` stands for the version and the messages. `left_out`: who would not leave, and why."""

    plan_id: str
    snapshot_version: str
    expires_at: str
    messages: list[Planned]
    left_out: dict[str, str]


def make_plan(
    ledger: Ledger,
    snapshot: Path,
    channels: Mapping[str, Channel],
    *,
    now: datetime,
    valid_for: timedelta = timedelta(hours=1),
    account_id: str | None = None,
) -> Plan:
    """Plan what `deliver` would do now; changes nothing. `account_id`: of this account only.

    Raises `SnapshotUnreadableError`.
    """
    # As they will read when they are claimed.
    rows = [
        replace(row, claimed_at=now)
        for row in _due(ledger, snapshot, now)
        if account_id in (None, row.account_id)
    ]
    renderer, planned, left_out = Renderer(), [], dict[str, str]()
    with open_stops(snapshot) as stops:
        gate = Gate(stops, ledger)
        for row in rows:
            channel = channels.get(row.channel)
            verdict = gate.judge([row], destination=channel.destination if channel else "nowhere", now=now)
            left_out |= {each.action_id: f"{rule}: {words}" for each, rule, words in verdict.stopped}
            left_out |= {each.action_id: f"waits: {words}" for each, _, words in verdict.waiting}
            if verdict.free and channel is not None:
                try:
                    message = renderer.render(row)
                except UnrenderableError as error:
                    left_out[row.action_id] = str(error)
                    continue
                if why := withheld(channel, message):
                    left_out[row.action_id] = f"{why.rule}: {why}"
                else:
                    planned.append(_planned(message, channel.destination))
    version = snapshot.resolve().stem
    said = json.dumps([version, [(each.action_id, each.hash) for each in planned]])
    return Plan(
        plan_id=sha256(said.encode()).hexdigest()[:12],
        snapshot_version=version,
        expires_at=(now + valid_for).isoformat(timespec="seconds"),
        messages=planned,
        left_out=left_out,
    )


def save(plan: Plan, folder: Path) -> Path:
    """Write it where `check` finds it; returns the file. Raises `NotWritableError`."""
    path = folder / f"{plan.plan_id}.json"
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(plan), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def check(plan_id: str, folder: Path, present: Plan, *, now: datetime) -> None:
    """Whether the saved plan still is what would be sent. Raises `PlanRefusedError`."""
    path = folder / f"{Path(plan_id).name}.json"
    if not path.exists():
        raise PlanRefusedError(f"there is no plan {plan_id!r}; `python -m sensors plan` makes one")
    saved = json.loads(path.read_text(encoding="utf-8"))
    if datetime.fromisoformat(saved["expires_at"]) <= now:
        raise PlanRefusedError(f"plan {plan_id} was good until {saved['expires_at']}; plan again")
    if saved["snapshot_version"] != present.snapshot_version:
        raise PlanRefusedError(
            f"plan {plan_id} is of {saved['snapshot_version']}; {present.snapshot_version} is published now"
        )
    if saved["plan_id"] != present.plan_id:
        raise PlanRefusedError(f"what would be sent is not what plan {plan_id} shows any more; plan again")


def _due(ledger: Ledger, snapshot: Path, now: datetime) -> list[Delivery]:
    """The queue's due rows, and those that the snapshot's decisions would become, in the queue's order."""
    query = select(deliveries).where(IS_QUEUED, is_due(now), ~is_held(now)).order_by(*QUEUE_ORDER)
    with ledger.reading() as connection:
        rows = [to_delivery(row) for row in connection.execute(query).mappings()]
    standing = holds.standing(ledger, now=now)
    if not ledger.has_read(snapshot.resolve().stem):
        with open_decisions(snapshot.resolve()) as reader:
            for action_ids in reader.action_ids():
                new = reader.decisions(ledger.unknown(action_ids))
                rows += [_row(each, now) for each in new if _would_go(each, standing, now)]
    return sorted(rows, key=_queue_order)


def _would_go(decision: Decision, standing: Sequence[Hold], now: datetime) -> bool:
    ids = {"play": decision.play_id, "channel": decision.channel, "account": decision.account_id}
    return (
        decision.suppressed_by is None
        and decision.mode != ASSISTED
        and (decision.send_after_at is None or decision.send_after_at <= now)
        and not any(ids[each.scope] == each.held for each in standing)
    )


def _row(decision: Decision, now: datetime) -> Delivery:
    given = {each.name: None for each in fields(Delivery)} | vars(decision)
    return Delivery(
        **given | {"state": State.PENDING, "attempts": 0, "attempts_forgiven": 0, "created_at": now}
    )


def _queue_order(row: Delivery) -> tuple[Any, ...]:
    return (not row.is_immediate, row.priority, str(row.decided_for or ""), row.action_id)


def _planned(message: Message, destination: str) -> Planned:
    return Planned(
        action_id=message.action_id,
        account_id=message.account_id,
        play_id=message.play_id,
        channel=message.channel,
        destination=destination,
        recipient=message.recipient,
        hash=message_hash(message),
        content=message.content,
    )
