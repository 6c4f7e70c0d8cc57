"""The raw assets every load gives: their keys, and what a load says of itself and of the days it reaches."""

from collections.abc import Iterable
from datetime import datetime

import duckdb
from dagster import AssetExecutionContext, AssetKey, AssetMaterialization, AssetSpec

from assets.as_of import last_complete_day, yesterday
from assets.runs import last_scored_day

# What the loads note about themselves; the models read it too, and what is noted starts them.
CHANGES = AssetKey(["raw_tierline", "changes"])
NEXT_AS_OF = "as_of"


def raw_key(system: str, table: str) -> AssetKey:
    return AssetKey([f"raw_{system}", table])


def changes_record(raw_tables: Iterable[AssetKey]) -> AssetSpec:
    """Written by every load, so none of the loads owns it."""
    return AssetSpec(
        CHANGES,
        group_name="raw",
        deps=list(raw_tables),
        description="Which accounts and days each load changed.",
    )


def note_changes(
    context: AssetExecutionContext, connection: duckdb.DuckDBPyConnection, *, is_live: bool, now: datetime
) -> None:
    """Say that a load is over, and which day can be scored; a day that is scored already stays the last.

    `is_live`: a system that is asked over its API is connected, so the day is yesterday. One that is down
    must not hold the day back: its silence would look like its customers'. Without one, the files say how
    far they reach. The models' run starts from this: who starts it must not open the database.
    """
    day = yesterday(now) if is_live else last_complete_day(connection, now=now)
    scored_through = last_scored_day(connection)
    as_of = max(filter(None, [day, scored_through]))
    context.log_event(AssetMaterialization(CHANGES, metadata={NEXT_AS_OF: as_of.isoformat()}))


def holds_rows(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether any load ever brought a row."""
    known = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'raw_tierline' and table_name = 'loads'"
    ).fetchone()
    if not known or not known[0]:
        return False
    loaded = connection.execute("select coalesce(sum(rows_loaded), 0) from raw_tierline.loads").fetchone()
    return bool(loaded and loaded[0])
