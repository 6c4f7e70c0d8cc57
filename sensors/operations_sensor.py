"""Dagster's side of loud failure: a sensor that tells troubles, and a check that shows them on the snapshot.

Failed runs, sensors and schedules come from Dagster's own records, everything else from the ledger's.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from dagster import (
    AssetCheckEvaluation,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetKey,
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    asset_check,
    sensor,
)
from dagster._core.scheduler.instigation import TickStatus

from sensors.ledger import Ledger, open_ledger
from sensors.operations import OperationsConfig, open_troubles, watch
from sensors.reply_sensor import TROUBLE as REPLIES
from sensors.reply_sensor import unread_threads
from sensors.troubles import troubles
from warehouse.home import Home

SENSOR_NAME, CHECK_NAME = "operations", "deliveries"
_TICK_SECONDS = 30
_RUNS_LOOKED_AT = 200
_OF_DAGSTER = ("run", "tick", REPLIES)


def operations_definitions(
    *, home: Home, ledger_url: str, config: OperationsConfig, checked: AssetKey, pool: str
) -> Definitions:
    """The sensor, and the check on the asset `checked`, in the `pool` of that asset's job.

    Settings come in by closure, not as resources: they hold secrets.
    """
    watcher = operations_sensor(home=home, ledger_url=ledger_url, config=config, checked=checked)
    check = deliveries_check(ledger_url=ledger_url, config=config, checked=checked, pool=pool)
    return Definitions(sensors=[watcher], asset_checks=[check])


def operations_sensor(
    *,
    home: Home,
    ledger_url: str,
    config: OperationsConfig,
    checked: AssetKey,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SensorDefinition:
    @sensor(
        name=SENSOR_NAME,
        minimum_interval_seconds=_TICK_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Tells the operations channel what went wrong, once, and once that it is over.",
    )
    def operations(context: SensorEvaluationContext) -> SkipReason:
        dagster = context.instance
        seen = failed_runs(dagster) | failed_ticks(dagster) | unread_threads(dagster)
        ledger = open_ledger(ledger_url)
        try:
            told = watch(
                ledger, config, home.create().outbox, now=now(), others=seen, other_kinds=_OF_DAGSTER
            )
            standing = open_troubles(ledger)
            if told:
                # The check's own run, with the next snapshot, may be a day away.
                result = deliveries_state(ledger, config, now())
                context.instance.report_runless_asset_event(evaluation(result, checked))
        finally:
            ledger.close()
        return SkipReason(f"{len(told)} told now; {len(standing)} open: {', '.join(standing) or 'none'}")

    return operations


def failed_runs(instance: DagsterInstance) -> dict[str, str]:
    """The jobs whose last finished run failed. The error itself stays with the run: it may say anything."""
    finished = RunsFilter(statuses=[DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS])
    last: dict[str, str | None] = {}
    for record in instance.get_run_records(finished, limit=_RUNS_LOOKED_AT):
        run = record.dagster_run
        failed = run.status is DagsterRunStatus.FAILURE
        last.setdefault(run.job_name, run.run_id if failed else None)
    return {
        f"run/{job}": f"the last run of {job} failed; run {run_id[:8]} says why"
        for job, run_id in last.items()
        if run_id is not None
    }


def failed_ticks(instance: DagsterInstance) -> dict[str, str]:
    """The sensors and schedules whose last tick failed."""
    found = {}
    for state in instance.all_instigator_state():
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if ticks and ticks[0].status is TickStatus.FAILURE and state.name != SENSOR_NAME:
            found[f"tick/{state.name}"] = f"the last tick of {state.name} failed; its page says why"
    return found


def deliveries_state(ledger: Ledger, config: OperationsConfig, now: datetime) -> AssetCheckResult:
    """The check's result: the troubles of now, and the ledger's counts."""
    found = troubles(
        ledger, now=now, backlog_after=config.backlog_after, reaches_people=config.reaches_people
    )
    metadata: dict[str, int | str] = {f"ledger: {state}": n for state, n in ledger.by_state().items()}
    return AssetCheckResult(
        passed=not found,
        severity=AssetCheckSeverity.WARN,
        metadata=metadata | {f"trouble: {key}": each.words for key, each in found.items()},
    )


def evaluation(result: AssetCheckResult, checked: AssetKey) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=checked,
        check_name=CHECK_NAME,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
    )


def deliveries_check(
    *, ledger_url: str, config: OperationsConfig, checked: AssetKey, pool: str
) -> AssetChecksDefinition:
    @asset_check(
        asset=checked,
        name=CHECK_NAME,
        pool=pool,
        description="No dead letters, no doubts, no channel that takes nothing, no backlog.",
    )
    def deliveries() -> AssetCheckResult:
        ledger = open_ledger(ledger_url)
        try:
            return deliveries_state(ledger, config, datetime.now(UTC))
        finally:
            ledger.close()

    return deliveries
