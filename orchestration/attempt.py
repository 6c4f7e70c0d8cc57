"""One attempt at a whole run, from an idle home to a printed summary."""

import time
from contextlib import ExitStack
from datetime import date, datetime
from importlib import import_module
from typing import TextIO

from assets.as_of import yesterday
from orchestration.definitions import build
from orchestration.input_numbers import table_rows
from orchestration.inputs import Input
from orchestration.instance import only_run, open_instance
from orchestration.numbers import published
from orchestration.pipeline import Pipeline
from orchestration.progress import Progress
from orchestration.progress_logger import LOGGER, progress_logger
from orchestration.simulation import Simulation
from orchestration.summary import write_summary
from warehouse.snapshots import NothingPublishedError, current


def attempt(source: Input, stream: TextIO, *, as_of: date | None, now: datetime) -> str | None:
    """Run, and write progress and summary to `stream`. Returns what failed, in words, or None."""
    settings, tell = source.settings, Progress(stream)
    home = settings.state
    with ExitStack() as running:
        instance = running.enter_context(open_instance(home))
        running.enter_context(only_run(home, instance))
        started = time.monotonic()
        simulation = running.enter_context(Simulation(settings, tell=tell)) if source.is_simulated else None
        if simulation is not None:
            simulation.launch(yesterday=yesterday(now))
            settings = simulation.connected()
        definitions = build(settings, loggers={LOGGER: progress_logger(stream)})
        if simulation is not None:
            _import_what_loads_and_checks_need()
            simulation.live_on(yesterday=yesterday(now))
            settings = simulation.reached(settings)
        prepared = time.monotonic() - started
        report = Pipeline(definitions, instance, settings, tell).run(as_of)
        if simulation is not None and report.failure is None and not report.outages:
            simulation.settle()
        if simulation is not None and report.delivery is not None:
            report.recorded = simulation.reconciled(since=now)
        report.steps.insert(0, ("prepare", prepared))
        rows = table_rows(home)
    try:
        served = published(current(home), settings.ledger_address)
    except NothingPublishedError:
        served = None
    seconds = (datetime.now(now.tzinfo) - now).total_seconds()
    write_summary(stream, report, tables=rows, published=served, home=home, seconds=seconds)
    if report.failure is not None:
        kept = f"the last snapshot stays served ({served.version})" if served else "nothing is published"
        return f"{report.failure.rstrip('.')}; {kept}"
    return report.disagreement() or report.outage()


def _import_what_loads_and_checks_need() -> None:
    """Takes seconds, and there is nothing else to do until the vendors answer."""
    for name in ("assets.sources.api.connector", "assets.checks.validation"):
        import_module(name)
