"""After a crash: rows that a dead worker left `sending`, and what each destination allows to be done.

The table of what destinations offer stands in `sensors.channels.channel`; `docs/delivery.md` explains it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from sensors.channels.channel import RECOVERIES, Channel, DeliveryError, Recovery
from sensors.claims import Settlement, abandoned, claimants, settle
from sensors.ledger import Ledger
from sensors.records import Delivery
from sensors.states import State

_logger = logging.getLogger(__name__)
# What a dead worker sent last may still be on its way, and stand there a moment after it was looked for. So
# these are asked again later, right before the message is sent; the others refuse a second one, or wait too.
_ASKED_AGAIN = {"slack_bot", "salesforce", "gainsight", "totango"}
ARRIVES_WITHIN = timedelta(seconds=10)
HELD_REASON = (
    "the worker stopped between sending and writing it down, and {destination} can't be asked whether the "
    "message arrived; look there, then `python -m sensors confirm` or `resend` it"
)


@contextmanager
def worker_identity(ledger: Ledger, worker: str) -> Iterator[str]:
    """A name nobody else works under while this lasts: `worker`, or `worker#2`, … when that one is busy.

    The name's lock vanishes with the process, so rows claimed under a name whose lock is free are a dead
    worker's, whatever their lease says.
    """
    number = 1
    while True:
        name = worker if number == 1 else f"{worker}#{number}"
        with ledger.database.locks.attempt(_lock_of(name)) as is_ours:
            if is_ours:
                yield name
                return
        number += 1


def is_at_work(ledger: Ledger, worker: str, *, most: int) -> bool:
    """Whether anybody works under this name, or one of its numbered ones up to `most`."""
    names = [worker, *(f"{worker}#{number}" for number in range(2, most + 1))]
    for name in names:
        with ledger.database.locks.attempt(_lock_of(name)) as is_free:
            if not is_free:
                return True
    return False


def recover(ledger: Ledger, channels: Mapping[str, Channel], *, worker: str, now: datetime) -> Counter[str]:
    """Settle what dead workers left; returns how many rows went to which state.

    The name of each dead worker is held meanwhile, so that two recoveries don't meet.
    """
    with ExitStack() as held:
        dead = {worker}
        for name in claimants(ledger):
            if name != worker and held.enter_context(ledger.database.locks.attempt(_lock_of(name))):
                dead.add(name)
        left_behind = abandoned(ledger, now=now, dead=dead)
        settlements = list(_settlements(left_behind, channels, now))
        done = settle(ledger, settlements, worker=worker, now=now)
    return Counter(settlement.state.value for settlement in done)


def _settlements(
    rows: list[Delivery], channels: Mapping[str, Channel], now: datetime
) -> Iterator[Settlement]:
    by_channel: dict[str, list[Delivery]] = {}
    for row in rows:
        if RECOVERIES.get(row.destination or "") is Recovery.HOLD:
            yield Settlement(row, State.HELD, HELD_REASON.format(destination=row.destination))
        else:
            by_channel.setdefault(row.channel, []).append(row)
    for name, doubtful in by_channel.items():
        channel = channels.get(name)
        try:
            found = _look_up(channel, doubtful)
        except DeliveryError as error:
            # They stay as they are, and are asked about again next time.
            _logger.warning(
                "what became of %d actions of %s can't be looked up: %s", len(doubtful), name, error
            )
            continue
        for row in doubtful:
            if _is_out_of_reach(row, channel):
                yield Settlement(row, State.HELD, HELD_REASON.format(destination=row.destination))
                continue
            if row.action_id in found:
                detail = f"found at {row.destination} after a crash"
                yield Settlement(row, State.DELIVERED, detail, destination_ref=found[row.action_id])
            else:
                may_follow = row.destination in _ASKED_AGAIN
                not_before = now + ARRIVES_WITHIN if may_follow else None
                yield Settlement(row, State.PENDING, _again(row), next_attempt_at=not_before)


def _is_out_of_reach(row: Delivery, channel: Channel | None) -> bool:
    """Whether the place that could be asked is no longer configured. The outbox is no recipient."""
    if RECOVERIES.get(row.destination or "") is not Recovery.LOOK_UP or row.destination == "local_sink":
        return False
    return channel is None or channel.destination != row.destination


def _look_up(channel: Channel | None, rows: list[Delivery]) -> dict[str, str]:
    if channel is None or RECOVERIES[channel.destination] is not Recovery.LOOK_UP:
        return {}
    return channel.look_up([row.action_id for row in rows if row.destination == channel.destination])


def _again(row: Delivery) -> str:
    if RECOVERIES.get(row.destination or "") is Recovery.RESEND:
        return "the worker stopped while sending; sent again, which has no second effect there"
    return f"the worker stopped while sending; not found at {row.destination}, so it is sent again"


def _lock_of(worker: str) -> str:
    return f"worker-{worker}"
