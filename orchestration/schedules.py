"""When things run by themselves: ingest daily, and the models after each ingest that succeeded."""

from dagster import (
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

from assets.drop_folder import CHANGES, NEXT_AS_OF
from orchestration.jobs import ingest, score

# No fallback: a new environment has to be decided about here. On a laptop nothing starts unasked.
_SCHEDULE_STATUS = {
    "development": DefaultScheduleStatus.STOPPED,
    "production": DefaultScheduleStatus.RUNNING,
}


def daily_ingest(*, cron: str, environment: str) -> ScheduleDefinition:
    """`cron` is read in UTC, the time zone days are counted in."""
    return ScheduleDefinition(
        name="daily_ingest",
        job=ingest,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=_SCHEDULE_STATUS[environment],
    )


def score_after_ingest() -> RunStatusSensorDefinition:
    @run_status_sensor(
        run_status=DagsterRunStatus.SUCCESS,
        monitored_jobs=[ingest],
        request_job=score,
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=10,
    )
    def score_after_ingest(context: RunStatusSensorContext) -> RunRequest | SkipReason:
        """Score through the last complete day of what was just loaded."""
        events = context.instance.all_logs(context.dagster_run.run_id)
        for event in events:
            materialization = event.asset_materialization
            if materialization is not None and materialization.asset_key == CHANGES:
                as_of = str(materialization.metadata[NEXT_AS_OF].value)
                return RunRequest(run_key=context.dagster_run.run_id, partition_key=as_of)
        return SkipReason("that run loaded nothing")

    return score_after_ingest
