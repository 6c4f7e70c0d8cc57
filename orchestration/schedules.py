"""When things run by themselves: ingest by the clock, and models after each ingest that loaded something."""

from dagster import (
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    DefaultScheduleStatus,
    DefaultSensorStatus,
    RunRequest,
    RunStatusSensorContext,
    RunStatusSensorDefinition,
    ScheduleDefinition,
    SkipReason,
    run_status_sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.raw_tables import CHANGES, NEXT_AS_OF
from orchestration.instance import COMMAND_TAG

# No fallback: a new environment has to be decided about here. On a laptop nothing starts unasked.
_SCHEDULE_STATUS = {
    "development": DefaultScheduleStatus.STOPPED,
    "production": DefaultScheduleStatus.RUNNING,
}
# A run that failed may have lost one system only; the models are built on what there is.
_SENSORS = {
    "score_after_ingest": DagsterRunStatus.SUCCESS,
    "score_after_partial_ingest": DagsterRunStatus.FAILURE,
}


def scheduled_ingest(
    ingest: UnresolvedAssetJobDefinition, *, cron: str, environment: str
) -> ScheduleDefinition:
    """`cron` is read in UTC, the time zone days are counted in."""
    return ScheduleDefinition(
        name="scheduled_ingest",
        job=ingest,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=_SCHEDULE_STATUS[environment],
    )


def score_after_ingest(
    ingest: UnresolvedAssetJobDefinition, score: UnresolvedAssetJobDefinition
) -> list[RunStatusSensorDefinition]:
    return [_scoring(name, status, ingest, score) for name, status in _SENSORS.items()]


def _scoring(
    name: str,
    status: DagsterRunStatus,
    ingest: UnresolvedAssetJobDefinition,
    score: UnresolvedAssetJobDefinition,
) -> RunStatusSensorDefinition:
    @run_status_sensor(
        name=name,
        run_status=status,
        monitored_jobs=[ingest],
        request_job=score,
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
    )
    def score_what_was_loaded(context: RunStatusSensorContext) -> RunRequest | SkipReason:
        """Score through the day that the loads said can be."""
        if COMMAND_TAG in context.dagster_run.tags:
            return SkipReason("`make run` scores what it loads")
        run_id = context.dagster_run.run_id
        if _is_refused(context.instance, run_id):
            return SkipReason("a blocking check of that run's raw tables failed")
        as_of = day_to_score(context.instance, run_id)
        return RunRequest(run_key=run_id, partition_key=as_of) if as_of else SkipReason("it loaded nothing")

    return score_what_was_loaded


def day_to_score(instance: DagsterInstance, run_id: str) -> str | None:
    """What the last load of a run said; None when none came so far."""
    said = None
    for record in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION):
        materialization = record.asset_materialization
        if materialization is not None and materialization.asset_key == CHANGES:
            said = str(materialization.metadata[NEXT_AS_OF].value)
    return said


def _is_refused(instance: DagsterInstance, run_id: str) -> bool:
    evaluations = [
        record.get_dagster_event().asset_check_evaluation_data
        for record in instance.all_logs(run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION)
    ]
    return any(not each.passed and each.severity is AssetCheckSeverity.ERROR for each in evaluations)
