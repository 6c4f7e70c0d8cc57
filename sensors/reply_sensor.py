"""Dagster's side of answers in Slack: a sensor that reads the threads of open alerts, some each minute.

It needs no run: what it finds goes to the ledger. Its cursor holds where it goes on, and until when Slack
asked to be left alone.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dagster import DefaultSensorStatus, SensorDefinition, SensorEvaluationContext, SkipReason, sensor

from sensors.channels.configuration import SlackBotDestination
from sensors.ledger import open_ledger
from sensors.slack_replies import hear
from warehouse.home import Home
from warehouse.snapshots import published_or_none

SENSOR_NAME = "slack_replies"
_TICK_SECONDS = 60


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
        moment, (after, again_at) = now(), _place(context.cursor)
        if again_at is not None and moment < again_at:
            return SkipReason(f"Slack asked for patience until {again_at:%H:%M:%S} UTC")
        ledger = open_ledger(ledger_url)
        try:
            heard = hear(ledger, published_or_none(home), slack, now=moment, after=after)
        finally:
            ledger.close()
        again = heard.again_at.isoformat() if heard.again_at else None
        context.update_cursor(json.dumps({"after": heard.after or after, "again_at": again}))
        return SkipReason(heard.in_words())

    return slack_replies


def _place(cursor: str | None) -> tuple[str | None, datetime | None]:
    kept: dict[str, Any] = json.loads(cursor) if cursor else {}
    again_at = kept.get("again_at")
    return kept.get("after"), datetime.fromisoformat(again_at) if again_at else None
