"""Dagster's side of answers in Slack: a sensor that reads the threads of open alerts, some each minute.

It needs no run: what it finds goes to the ledger. Its cursor holds where it goes on, until when Slack asked
to be left alone, and how many looks in a row failed: the operations sensor reads that and tells it.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dagster import (
    DagsterInstance,
    DefaultSensorStatus,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import SensorInstigatorData

from sensors.channels.configuration import SlackBotDestination
from sensors.ledger import open_ledger
from sensors.slack_replies import hear
from warehouse.home import Home
from warehouse.snapshots import published_or_none

SENSOR_NAME = "slack_replies"
# The kind of the trouble.
TROUBLE = "replies"
_TICK_SECONDS = 60
# One that fails is Slack's hiccup.
_LOOKS_BEFORE_TROUBLE = 3


def reply_sensor(
    home: Home,
    *,
    ledger_url: str,
    slack: SlackBotDestination,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SensorDefinition:
    """`slack` comes in by closure, as Dagster shows resources' values, and it holds the bot's token."""

    @sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Reads people's answers in the Slack threads of open alerts.",
    )
    def slack_replies(context: SensorEvaluationContext) -> SkipReason:
        moment, (after, again_at, failed) = now(), _place(context.cursor)
        if again_at is not None and moment < again_at:
            return SkipReason(f"Slack asked for patience until {again_at:%H:%M:%S} UTC")
        ledger = open_ledger(ledger_url)
        try:
            heard = hear(ledger, published_or_none(home), slack, now=moment, after=after)
        finally:
            ledger.close()
        again = heard.again_at.isoformat() if heard.again_at else None
        # A look that Slack puts off says nothing of what failed before it.
        failed = failed + 1 if heard.is_trouble else failed if heard.stopped else 0
        kept = {"after": heard.after or after, "again_at": again, "failed": failed, "why": heard.why}
        context.update_cursor(json.dumps(kept))
        return SkipReason(heard.in_words())

    return slack_replies


def unread_threads(instance: DagsterInstance) -> dict[str, str]:
    """The trouble of threads that several looks in a row could not read, by its key."""
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        if state.name == SENSOR_NAME and isinstance(state.instigator_data, SensorInstigatorData):
            kept = _kept(state.instigator_data.cursor)
            if kept.get("failed", 0) >= _LOOKS_BEFORE_TROUBLE:
                why = kept.get("why") or "its page says why"
                return {
                    f"{TROUBLE}/slack": f"answers in Slack are not heard: the last"
                    f" {kept['failed']:,} looks at the threads of open alerts failed ({why})"
                }
    return {}


def _place(cursor: str | None) -> tuple[str | None, datetime | None, int]:
    kept = _kept(cursor)
    again_at = kept.get("again_at")
    return kept.get("after"), datetime.fromisoformat(again_at) if again_at else None, kept.get("failed", 0)


def _kept(cursor: str | None) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(cursor) if cursor else {}
    return kept
