"""Dagster's side of delivery: a job that delivers, and a sensor that asks for it when there is need.

Whether there is comes from the records, never from memory: the published pointer, the versions the ledger has
read, its due rows, and the job's own runs. Two runs at once would be safe; the sensor avoids them as a waste.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    JobDefinition,
    OpExecutionContext,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    in_process_executor,
    job,
    op,
    sensor,
)

from sensors.channels.configuration import ChannelConfig, build_channels, build_writers
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger, open_ledger
from sensors.pacing import Pacing
from sensors.recovery import is_at_work
from sensors.sync_states import systems_due
from warehouse.home import Home
from warehouse.snapshots import published_or_none

JOB_NAME = "delivery"
_UNFINISHED = [
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]
# A run that has no end by now, and whose worker is not (or not yet) at work, is taken for dead.
_LONGEST_START = timedelta(minutes=10)
_WORKER = "dagster"
_PAUSE_AFTER_FAILURE = timedelta(minutes=1)
_TICK_SECONDS = 5


def delivery_definitions(
    *,
    home: Home,
    ledger_url: str,
    config: ChannelConfig,
    pacing: Pacing | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.RUNNING,
) -> Definitions:
    """The job and its sensor, to be merged into the whole.

    Settings come in by closure, not as resources: Dagster shows resources' values, and these hold secrets.
    """
    run = delivery_job(home=home, ledger_url=ledger_url, config=config, pacing=pacing)
    watch = delivery_sensor(
        run,
        home=home,
        ledger_url=ledger_url,
        systems=systems_with_scores(config),
        default_status=default_status,
    )
    return Definitions(jobs=[run], sensors=[watch])


def systems_with_scores(config: ChannelConfig) -> list[str]:
    """The systems that are to show accounts' scores."""
    writers = build_writers(config)
    for writer in writers.values():
        writer.close()
    return list(writers)


def delivery_job(
    *, home: Home, ledger_url: str, config: ChannelConfig, pacing: Pacing | None = None
) -> JobDefinition:
    @op(description="Enqueue the published decisions and carry out what is due.")
    def deliver_decisions(context: OpExecutionContext) -> None:
        ledger = open_ledger(ledger_url)
        try:
            report = deliver(
                ledger,
                published_or_none(home),
                build_channels(config, home.outbox),
                now=lambda: datetime.now(UTC),
                worker=_WORKER,
                pacing=pacing,
                writers=build_writers(config),
                only_due_scores=True,
            )
        finally:
            ledger.close()
        context.add_output_metadata(report_metadata(report))

    @job(
        name=JOB_NAME,
        executor_def=in_process_executor,
        description="Deliver decided actions: claim, send, settle. Safe to run at any time.",
    )
    def delivery() -> None:
        deliver_decisions()

    return delivery


def delivery_sensor(
    run: JobDefinition,
    *,
    home: Home,
    ledger_url: str,
    default_status: DefaultSensorStatus,
    systems: Collection[str] = (),
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SensorDefinition:
    @sensor(
        job=run,
        name="published_decisions",
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=default_status,
        description="Asks for a delivery when a snapshot was published, or actions or scores are due.",
    )
    def published_decisions(context: SensorEvaluationContext) -> RunRequest | SkipReason:
        ledger = open_ledger(ledger_url)
        try:
            version, need = what_is_needed(ledger, home, systems=systems, now=now())
            reason = _reason_to_wait(context, ledger, now()) if need else None
        finally:
            ledger.close()
        if need is None:
            return SkipReason("nothing new is published, and nothing is due")
        if reason:
            return SkipReason(f"{need}, but {reason}")
        run_key = version
        if version == context.cursor:
            # Asked for before: rows are due again, or that run ended before it had read the version.
            run_key = f"{version}/{now():%Y%m%dT%H%M%S}"
        context.update_cursor(version)
        return RunRequest(run_key=run_key, tags={"tierline/snapshot": version, "tierline/need": need})

    return published_decisions


def what_is_needed(
    ledger: Ledger, home: Home, *, now: datetime, systems: Collection[str] = ()
) -> tuple[str, str | None]:
    """The published version ("unpublished" if none), and in words why a delivery is needed, if it is.

    `systems`: those that are to show accounts' scores.
    """
    snapshot = published_or_none(home)
    version = snapshot.stem if snapshot else "unpublished"
    if snapshot and not ledger.has_read(version):
        return version, "a new snapshot is published"
    if due := ledger.due(now):
        return version, f"{due} due"
    waiting = systems_due(ledger, systems, version, now) if snapshot else []
    return version, f"scores due in {', '.join(waiting)}" if waiting else None


def report_metadata(report: DeliveryReport) -> dict[str, int | str]:
    """What the run's page shows."""
    metadata: dict[str, int | str] = {
        "new decisions": report.enqueued,
        "suppressed among them": report.suppressed,
        "attempted": report.attempted,
    }
    metadata |= {f"delivered: {channel}": count for channel, count in report.sent_now.items()}
    metadata |= {f"recovered: {state}": count for state, count in report.recovered.items()}
    metadata |= {f"resting: {channel}": reason for channel, reason in report.resting.items()}
    for system, sync in report.synced.items():
        metadata[f"scores in {system}"] = sync.in_words()
    return metadata | {f"ledger: {state}": count for state, count in report.by_state.items()}


def _reason_to_wait(context: SensorEvaluationContext, ledger: Ledger, now: datetime) -> str | None:
    unfinished = context.instance.get_run_records(RunsFilter(job_name=JOB_NAME, statuses=_UNFINISHED))
    # A long queue takes hours: whoever works at it holds a lock that vanishes with the process.
    if unfinished and is_at_work(ledger, _WORKER, most=len(unfinished) + 1):
        return "a delivery is under way"
    if any(now - record.create_timestamp.astimezone(UTC) < _LONGEST_START for record in unfinished):
        return "a delivery is under way"
    records = context.instance.get_run_records(RunsFilter(job_name=JOB_NAME), limit=1)
    if records and records[0].dagster_run.status is DagsterRunStatus.FAILURE:
        age = now - records[0].create_timestamp.astimezone(UTC)
        if age < _PAUSE_AFTER_FAILURE:
            return "the last delivery failed less than a minute ago; see its run for why"
    return None
