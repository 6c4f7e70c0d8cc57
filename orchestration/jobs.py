"""The two halves of a run: what is loaded and checked whole, and what is built per day."""

from dagster import AssetSelection, define_asset_job, in_process_executor

from assets.days import DAYS
from assets.drop_folder import CHANGES, TABLE_KEYS

_RAW = AssetSelection.assets(*TABLE_KEYS.values(), CHANGES)

# One process a run: each step's own process would import everything again, for several seconds each.
ingest = define_asset_job(
    "ingest",
    selection=_RAW,
    executor_def=in_process_executor,
    description="Load the drop folder and check the raw tables.",
)
score = define_asset_job(
    "score",
    selection=AssetSelection.all() - _RAW,
    partitions_def=DAYS,
    executor_def=in_process_executor,
    description="Build models and policy as of one day, test them, and publish the snapshot.",
)
JOBS = (ingest, score)
