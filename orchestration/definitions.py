"""Everything Dagster serves, merged here and defined elsewhere."""

from collections.abc import Mapping
from datetime import timedelta

import dagster as dg

from assets.drop_folder import drop_folder_tables
from assets.failures import retrying
from assets.models import BUILD_RECORDS, dbt_models
from assets.opened_run import opened_run
from assets.published import published_snapshot
from assets.raw_checks import raw_checks
from orchestration.jobs import JOBS
from orchestration.resources import resources
from orchestration.schedules import daily_ingest, score_after_ingest
from orchestration.settings import REPOSITORY, Settings, read_settings
from sensors.sensor import delivery_definitions

MANIFEST = REPOSITORY / "dbt_project" / "target" / "manifest.json"


def build(settings: Settings, *, loggers: Mapping[str, dg.LoggerDefinition] | None = None) -> dg.Definitions:
    retry_policy = retrying(settings.run_retries)
    models = dbt_models(MANIFEST, retry_policy=retry_policy)
    own = dg.Definitions(
        assets=[
            drop_folder_tables(retry_policy=retry_policy),
            opened_run(retry_policy=retry_policy),
            models,
            *BUILD_RECORDS,
            published_snapshot(
                list(models.keys),
                stale_after=timedelta(hours=settings.snapshot_stale_hours),
                retry_policy=retry_policy,
            ),
        ],
        asset_checks=[raw_checks(settings.tolerance, retry_policy=retry_policy)],
        jobs=JOBS,
        schedules=[daily_ingest(cron=settings.schedule, environment=settings.environment)],
        sensors=[score_after_ingest()],
        resources=resources(settings),
        loggers=loggers,
    )
    delivery = delivery_definitions(
        home=settings.state, ledger_url=settings.ledger_address, config=settings.channels()
    )
    return dg.Definitions.merge(own, delivery)


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads."""
    return build(read_settings())
