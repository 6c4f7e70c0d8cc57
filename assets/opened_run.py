"""The asset `raw_tierline/runs`: the day to score, on record before the models read it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)

from assets.days import BY_DAY, DAYS
from assets.failures import final
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.runs import EarlierDayError, open_run
from assets.telling import telling

RUNS = AssetKey(["raw_tierline", "runs"])


def opened_run(upstream: Sequence[AssetKey], *, retry_policy: RetryPolicy) -> AssetsDefinition:
    """`upstream`: what is loaded before a run of the models."""

    @multi_asset(
        name="open_run",
        specs=[
            AssetSpec(
                RUNS,
                group_name="raw",
                deps=list(upstream),
                description="One row per run of the models. The newest says which day is scored last.",
            )
        ],
        partitions_def=DAYS,
        backfill_policy=BY_DAY,
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def open_pipeline_run(context: AssetExecutionContext, workplace: Workplace) -> MaterializeResult[None]:
        as_of = date.fromisoformat(context.partition_key)
        systems = {key.path[0].removeprefix("raw_") for key in upstream}
        with workplace.warehouse() as connection, final(EarlierDayError):
            run = open_run(connection, as_of=as_of, now=datetime.now(UTC), connected=systems)
        telling(context.log)(f"run {run.run_id} scores through {as_of}")
        return MaterializeResult(
            metadata={
                "run_id": run.run_id,
                "as_of": as_of.isoformat(),
                "through_load": run.through_load or 0,
            }
        )

    return open_pipeline_run
