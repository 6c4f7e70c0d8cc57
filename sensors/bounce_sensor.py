"""Dagster's side of bounces: a sensor that reads the configured folder whenever something in it has changed.

It needs no run: what it finds goes to the ledger, where it counts at once. A folder that is gone fails the
tick, which the operations channel is told.
"""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from sensors.bounces import take_in
from sensors.ledger import open_ledger

SENSOR_NAME = "bounces"
_TICK_SECONDS = 30


def bounce_sensor(
    folder: Path,
    *,
    ledger_url: str,
    secret: str | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SensorDefinition:
    """`secret` signs the tokens of opt-outs. It comes in by closure, as Dagster shows resources' values."""

    @sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Reads bounces, complaints and opt-outs as they come back.",
    )
    def bounces(context: SensorEvaluationContext) -> SkipReason:
        state = state_of(folder)
        if state == context.cursor:
            return SkipReason("nothing new came back")
        ledger = open_ledger(ledger_url)
        try:
            taken = take_in(ledger, folder, now=now(), secret=secret, who="mailbox")
        finally:
            ledger.close()
        # As it was before it was read: what came meanwhile is read the next time.
        context.update_cursor(state)
        return SkipReason(taken.in_words())

    return bounces


def state_of(folder: Path) -> str:
    """Changes when a file below the folder does, or comes, or goes."""
    found = hashlib.sha256()
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root) / name
            try:
                status = path.lstat()
            except FileNotFoundError:  # a mail program moved it meanwhile
                continue
            found.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return found.hexdigest()
