"""How dlt is to load each item: Arrow tables with a name, a key, a way of merging."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.schema import Schema
from dlt.common.schema.utils import new_table

from assets.sources.api.tables import DIGEST, Table
from assets.sources.load_log import RowCounts

# Between a package and the stream whose part of it is counted: several streams may fill one table.
PART = "/"
QUARANTINE, RECEIVED = "_quarantine", "_received"
VALIDITY = ("_dlt_valid_from", "_dlt_valid_to")
REPLACED: Any = {"disposition": "replace"}
MERGED: Any = {"disposition": "merge", "strategy": "delete-insert"}
VERSIONED: Any = {"disposition": "merge", "strategy": "scd2", "row_version_column_name": DIGEST}


def declare_validity(schema: Schema, tables: Iterable[Table]) -> None:
    """dlt adds these columns by itself, as instants with a zone; all raw columns are UTC without one."""
    for table in tables:
        if table.has_history:
            columns: Any = [{"name": name, "data_type": "timestamp", "timezone": False} for name in VALIDITY]
            schema.update_table(new_table(table.name, columns=columns))


def marked(table: Table, rows: pa.Table) -> Any:
    """Rows of a raw table; by key they are unique."""
    kind = VERSIONED if table.has_history else REPLACED if table.is_whole else MERGED
    json_columns = [column.name for column in table.columns if column.kind == "json"]
    # With history and a key to merge by, versions of rows that did not come stay open.
    merge_key = table.key if table.has_history and not table.is_whole else ()
    primary_key = () if table.has_history or table.is_whole else table.key
    return _item(
        rows, table.name, kind, [*json_columns, "extra"], primary_key=primary_key, merge_key=merge_key
    )


def rejected_item(rows: pa.Table) -> Any:
    return _item(rows, QUARANTINE, MERGED, ["payload"], primary_key=("source_table", "key"))


def received_item(
    package: str, table: str, counts: RowCounts, *, started_at: datetime, finished_at: datetime
) -> Any:
    """The counts travel in the same package as the rows they count."""
    row = {
        "package": package,
        "table_name": table,
        "started_at": started_at,
        "finished_at": finished_at,
        "rows_in": counts.rows_in,
        "rows_loaded": counts.rows_loaded,
        "rows_duplicate": counts.rows_duplicate,
        "rows_quarantined": counts.rows_quarantined,
    }
    return _item(pa.Table.from_pylist([row]), RECEIVED, MERGED, [], primary_key=("package", "table_name"))


def _item(
    rows: pa.Table,
    name: str,
    disposition: Any,
    json_columns: Sequence[str],
    *,
    primary_key: Sequence[str] = (),
    merge_key: Sequence[str] = (),
) -> Any:
    columns: dict[str, Any] = {each: {"data_type": "json"} for each in json_columns}
    for each in rows.schema:
        if pa.types.is_timestamp(each.type):
            columns[each.name] = {"data_type": "timestamp", "timezone": False}
    hints = dlt.mark.make_hints(
        table_name=name,
        write_disposition=disposition,
        columns=columns,
        primary_key=list(primary_key) or None,
        merge_key=list(merge_key) or None,
    )
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)
