"""Everything Dagster serves, merged here and defined elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import dagster as dg

from assets.churn_models import churn_models
from assets.failures import retrying
from assets.models import BUILD_RECORDS, dbt_models
from assets.opened_run import opened_run
from assets.published import published_snapshot
from orchestration.delivering import delivering
from orchestration.inventory import Inventory
from orchestration.jobs import jobs
from orchestration.resources import resources
from orchestration.schedules import scheduled_ingest, score_after_ingest
from orchestration.settings import REPOSITORY, Settings, read_settings

MANIFEST = REPOSITORY / "dbt_project" / "target" / "manifest.json"


def build(settings: Settings, *, loggers: Mapping[str, dg.LoggerDefinition] | None = None) -> dg.Definitions:
    retry_policy = retrying(settings.run_retries)
    raw = Inventory(settings, retry_policy)
    models = dbt_models(MANIFEST, left_out=raw.left_out, retry_policy=retry_policy)
    stale_after = timedelta(hours=settings.snapshot_stale_hours)
    suites, freshness = raw.suites(), raw.freshness()
    ingest, score = jobs(raw.keys, suites=_keys(suites), freshness=_keys(freshness))
    own = dg.Definitions(
        assets=[
            *raw.assets(),
            opened_run(raw.keys, retry_policy=retry_policy),
            models,
            *BUILD_RECORDS,
            published_snapshot(models.keys, raw.keys, stale_after=stale_after, retry_policy=retry_policy),
            churn_models(retry_policy=retry_policy),
        ],
        asset_checks=[*suites, *freshness],
        jobs=[ingest, score],
        schedules=[scheduled_ingest(ingest, cron=settings.schedule, environment=settings.environment)],
        sensors=score_after_ingest(ingest, score),
        resources=resources(settings),
        loggers=loggers,
    )
    return dg.Definitions.merge(own, delivering(settings))


def _keys(checks: Sequence[dg.AssetChecksDefinition]) -> list[dg.AssetCheckKey]:
    return [key for each in checks for key in each.check_keys]


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads."""
    return build(read_settings())
