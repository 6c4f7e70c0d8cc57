"""A run's events as lines for a person: what starts, what it says, how many seconds it took."""

import logging
import sys
from typing import Any, TextIO

from dagster import DagsterEventType, InitLoggerContext, LoggerDefinition, logger
from dagster_shared.error import SerializableErrorInfo

from assets.telling import TOLD
from orchestration.progress import Progress

LOGGER = "progress"


def progress_logger(stream: TextIO) -> LoggerDefinition:
    """A Dagster logger that writes to `stream`. Only `make run` uses it; elsewhere people look at the UI."""

    @logger
    def progress(_: InitLoggerContext) -> logging.Logger:
        made = logging.Logger("tierline.progress")
        made.addHandler(_Lines(stream))
        return made

    return progress


class _Lines(logging.Handler):
    def __init__(self, stream: TextIO) -> None:
        super().__init__(logging.DEBUG)  # the level of Dagster's own events
        self._tell = Progress(stream)

    def emit(self, record: logging.LogRecord) -> None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = getattr(record, "dagster_event", None)
        if event is None:
            # What the assets say to people; libraries talk a lot more.
            if getattr(record, TOLD, False):
                self._tell(f"    {meta.get('orig_message') or record.getMessage()}")
            return
        step = str(event.step_key or "").replace("_", " ")
        if event.event_type is DagsterEventType.STEP_START:
            self._tell(f"  {step} ...")
        elif event.event_type is DagsterEventType.STEP_SUCCESS:
            self._tell(f"    done in {event.step_success_data.duration_ms / 1000:.1f} s")
        elif event.event_type is DagsterEventType.STEP_UP_FOR_RETRY:
            self._tell(f"    failed; trying again in {event.step_retry_data.seconds_to_wait or 0:.0f} s")
            self._account(step, event.step_retry_data.error)
        elif event.event_type is DagsterEventType.STEP_FAILURE:
            self._account(step, event.step_failure_data.error)

    def _account(self, step: str, error: SerializableErrorInfo | None) -> None:
        """The whole of an error, for the log that standard error goes to; people get one line later."""
        if error is not None:
            sys.stderr.write(f"{step} failed:\n{error.to_string()}\n")
