"""The assets `raw_drop_folder/<table>`: one load of the folder gives all of them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    RetryPolicy,
    multi_asset,
)

from assets.connected import note_connected
from assets.failures import final
from assets.home_claim import OtherFolderError, claim, refuse_other_folder
from assets.raw_tables import note_changes, raw_key
from assets.resources import WAREHOUSE_POOL, DropFolder, Workplace
from assets.sources.drop.contract import TABLES
from assets.sources.drop.formats import FormatsError
from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.mapping import MappingError
from assets.sources.drop_folder import (
    AccountsMissingError,
    DropFolderMissingError,
    TableLoad,
    load,
)
from assets.telling import paced, telling

SYSTEM = "drop_folder"
TABLE_KEYS = {table: raw_key(SYSTEM, table) for table in TABLES}
_WRONG_INPUT = (
    DropFolderMissingError,
    AccountsMissingError,
    FormatsError,
    MappingError,
    OtherFolderError,
    UnreadableFileError,
)


def drop_folder_tables(*, is_only_source: bool, retry_policy: RetryPolicy) -> AssetsDefinition:
    """`is_only_source`: no system is connected beside it, so the files decide about the day to score."""

    @multi_asset(
        name="load_drop_folder",
        specs=[
            AssetSpec(key, group_name="raw", description=f"The drop folder's `{table}`, as loaded.")
            for table, key in TABLE_KEYS.items()
        ],
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def load_drop_folder(
        context: AssetExecutionContext, workplace: Workplace, drop_folder: DropFolder
    ) -> Iterator[MaterializeResult[None]]:
        now = datetime.now(UTC)
        started = time.monotonic()
        with workplace.warehouse() as connection, final(*_WRONG_INPUT):
            refuse_other_folder(workplace.home, Path(drop_folder.folder))
            note_connected(workplace.home, SYSTEM)
            loads = load(
                connection,
                Path(drop_folder.folder),
                mapping=Path(drop_folder.mapping) if drop_folder.mapping else None,
                quarantine=workplace.home.quarantine,
                now=now,
                progress=paced(telling(context.log)),
                has_other_systems=not is_only_source,
            )
            claim(workplace.home, Path(drop_folder.folder))
            note_changes(context, connection, is_live=not is_only_source, now=now)
        seconds = round(time.monotonic() - started, 2)
        for each in loads:
            yield MaterializeResult(TABLE_KEYS[each.table], metadata=_metadata(each, seconds))

    return load_drop_folder


def _metadata(load: TableLoad, seconds: float) -> dict[str, int | float]:
    """Counts of what stands after the load; `seconds` is the whole load's, one transaction for all tables."""
    return {
        "dagster/row_count": load.rows_loaded,
        "rows in": load.rows_in,
        "rows loaded": load.rows_loaded,
        "rows duplicate": load.rows_duplicate,
        "rows quarantined": load.rows_quarantined,
        "files read": load.files_read,
        "files unchanged": load.files_unchanged,
        "seconds": seconds,
    }
