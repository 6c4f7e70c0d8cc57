"""One attempt at a whole run, from an idle home to a printed summary."""

import time
from datetime import date, datetime, timedelta
from typing import TextIO

from orchestration.definitions import build
from orchestration.inputs import Input
from orchestration.instance import only_run, open_instance
from orchestration.numbers import published, table_rows
from orchestration.pipeline import Pipeline
from orchestration.progress import Progress
from orchestration.progress_logger import LOGGER, progress_logger
from orchestration.sample import make_sample
from orchestration.settings import Settings
from orchestration.summary import write_summary
from warehouse.snapshots import NothingPublishedError, current


def attempt(
    settings: Settings, source: Input, stream: TextIO, *, as_of: date | None, now: datetime
) -> str | None:
    """Run, and write progress and summary to `stream`. Returns what failed, in words, or None."""
    tell = Progress(stream)
    home = settings.state
    with open_instance(home) as instance, only_run(home, instance):
        if source.is_made:
            make_sample(source.folder, end=now.date() - timedelta(days=1), tell=tell)
        started = time.monotonic()
        definitions = build(settings, loggers={LOGGER: progress_logger(stream)})
        prepared = time.monotonic() - started
        report = Pipeline(definitions, instance, settings, tell).run(as_of)
        report.steps.insert(0, ("prepare", prepared))
        rows = table_rows(home)
    try:
        served = published(current(home), settings.ledger_address)
    except NothingPublishedError:
        served = None
    seconds = (datetime.now(now.tzinfo) - now).total_seconds()
    write_summary(stream, report, tables=rows, published=served, home=home, seconds=seconds)
    if report.failure is None:
        return None
    kept = f"the last snapshot stays served ({served.version})" if served else "nothing is published"
    return f"{report.failure.rstrip('.')}; {kept}"
