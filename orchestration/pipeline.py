"""One whole run in this process: load and check, build and publish, deliver. Dagster records it like any other."""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterInstance, Definitions, ExecuteInProcessResult
from dagster import DagsterEventType

from assets import dbt_command
from assets.build_results import BuildResults, read_results
from assets.drop_folder import CHANGES, NEXT_AS_OF
from orchestration.instance import COMMAND_TAG, wait_for_turn
from orchestration.progress import LOGGER
from orchestration.settings import Settings
from sensors.channels.configuration import build_channels
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import open_ledger
from warehouse.snapshots import current


@dataclass
class RunReport:
    """What a run did, as far as it came. `failure` says in words why it ended early; None when it did not.

    `steps`: (name, seconds) in the order they ran. `raw_checks`: one evaluation per raw table.
    """

    as_of: date | None = None
    steps: list[tuple[str, float]] = field(default_factory=list)
    raw_checks: list[AssetCheckEvaluation] = field(default_factory=list)
    build: BuildResults | None = None
    delivery: DeliveryReport | None = None
    failure: str | None = None


def run_pipeline(
    definitions: Definitions,
    instance: DagsterInstance,
    settings: Settings,
    *,
    as_of: date | None,
    tell: Callable[[str], None],
) -> RunReport:
    """Run everything once. `as_of` None means the last complete day in the data."""
    report = RunReport()
    loaded = _execute(definitions, instance, settings, "ingest", None, tell)
    _note(report, loaded)
    report.raw_checks = loaded.get_asset_check_evaluations()
    if not loaded.success:
        report.failure = _check_failure(report) or _step_failure(loaded)
        return report
    report.as_of = as_of or _last_complete_day(loaded)
    started_at = time.time()
    scored = _execute(definitions, instance, settings, "score", report.as_of, tell)
    _note(report, scored)
    results = dbt_command.target_path(settings.state) / "run_results.json"
    if results.exists() and results.stat().st_mtime >= started_at:
        report.build = read_results(results)
    if not scored.success:
        report.failure = _step_failure(scored)
        return report
    report.delivery = _deliver(report, settings, tell)
    return report


def _execute(
    definitions: Definitions,
    instance: DagsterInstance,
    settings: Settings,
    job: str,
    partition: date | None,
    tell: Callable[[str], None],
) -> ExecuteInProcessResult:
    wait_for_turn(instance, seconds=settings.warehouse_wait_seconds, tell=tell)
    return definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key=partition.isoformat() if partition else None,
        run_config={"loggers": {LOGGER: {}}},
        tags={COMMAND_TAG: "run"},
        raise_on_error=False,
    )


def _deliver(report: RunReport, settings: Settings, tell: Callable[[str], None]) -> DeliveryReport:
    """The same function the delivery job calls; not an asset, because it makes nothing and has its own ledger."""
    tell("  deliver ...")
    started = time.monotonic()
    home = settings.state
    ledger = open_ledger(settings.ledger_address)
    try:
        delivered = deliver(
            ledger,
            current(home),
            build_channels(settings.channels(), home.outbox),
            now=lambda: datetime.now(UTC),
            worker=f"make-run@{socket.gethostname()}",
        )
    finally:
        ledger.close()
    seconds = time.monotonic() - started
    report.steps.append(("deliver", seconds))
    tell(f"    {sum(delivered.sent_now.values())} sent now, {delivered.enqueued} decisions new")
    tell(f"    done in {seconds:.1f} s")
    return delivered


def _note(report: RunReport, result: ExecuteInProcessResult) -> None:
    for event in result.all_node_events:
        if event.event_type is DagsterEventType.STEP_SUCCESS:
            seconds = event.step_success_data.duration_ms / 1000
            report.steps.append((str(event.step_key).replace("_", " "), seconds))


def _last_complete_day(result: ExecuteInProcessResult) -> date:
    for event in result.get_asset_materialization_events():
        materialization = event.materialization
        if materialization.asset_key == CHANGES:
            return date.fromisoformat(str(materialization.metadata[NEXT_AS_OF].value))
    raise AssertionError("a load that succeeded says which day is complete")


def _check_failure(report: RunReport) -> str | None:
    failed = [
        check for check in report.raw_checks if not check.passed and check.severity is AssetCheckSeverity.ERROR
    ]
    if not failed:
        return None
    more = f"; {len(failed) - 1} more tables fail as well" if len(failed) > 1 else ""
    return f"check of {failed[0].asset_key.to_user_string()} failed: {failed[0].description}{more}"


def _step_failure(result: ExecuteInProcessResult) -> str:
    """The first failed step's own words; for errors nobody foresaw, their kind and message."""
    for event in result.all_node_events:
        if event.event_type is DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            step = str(event.step_key).replace("_", " ")
            if data.user_failure_data is not None and data.user_failure_data.description:
                return f"{step}: {data.user_failure_data.description}"
            error = data.error.cause if data.error and data.error.cause else data.error
            return f"{step}: {error.message.strip() if error else 'unknown error'}"
    return "the run ended before its first step"
