"""The two halves of a run: what is loaded and checked whole, and what is built per day."""

from collections.abc import Sequence

from dagster import AssetCheckKey, AssetKey, AssetSelection, define_asset_job, in_process_executor
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.days import DAYS

INGEST, SCORE = "ingest", "score"


def jobs(
    raw_tables: Sequence[AssetKey], *, suites: Sequence[AssetCheckKey], freshness: Sequence[AssetCheckKey]
) -> list[UnresolvedAssetJobDefinition]:
    """One process a run: each step's own process would import everything again, for several seconds each.

    `suites` and `freshness`: the checks of raw tables right after loading, and after publishing.
    """
    raw = AssetSelection.assets(*raw_tables)
    return [
        define_asset_job(
            INGEST,
            selection=raw.without_checks() | AssetSelection.checks(*suites),
            executor_def=in_process_executor,
            description="Load what is connected and check the raw tables. One outage holds up nothing else.",
        ),
        define_asset_job(
            SCORE,
            selection=(AssetSelection.all() - raw) | AssetSelection.checks(*freshness),
            partitions_def=DAYS,
            executor_def=in_process_executor,
            description="Build models and policy as of one day, test them, and publish the snapshot.",
        ),
    ]
