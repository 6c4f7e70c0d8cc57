"""Rows as they stand in the warehouse, in the form in which a judge gives the good ones of a reading."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from assets.sources.api.judging_sql import key_text
from assets.sources.api.received import columns_of, has_table
from assets.sources.api.tables import DIGEST, EXTRA, LOADED_AT, Table
from assets.sources.kinds import Kind
from assets.sources.sql import quoted


def standing_keys(connection: duckdb.DuckDBPyConnection, system: str, table: Table) -> frozenset[str]:
    """Of open versions only."""
    if not has_table(connection, system, table.name):
        return frozenset()
    is_open = "_dlt_valid_to is null" if table.has_history else "true"
    sql = f"select distinct {key_text(table)} from raw_{system}.{table.name} where {is_open}"
    return frozenset(str(key) for (key,) in connection.execute(sql).fetchall())


def standing_rows(
    connection: duckdb.DuckDBPyConnection, system: str, table: Table, keys: Sequence[str]
) -> pa.Table | None:
    """Open versions only; None: the table does not stand yet."""
    if not has_table(connection, system, table.name):
        return None
    there = columns_of(connection, system, table.name)
    # JSON goes to dlt as text; a column declared since the last load has no values yet.
    kinds = {each.name: "varchar" if each.kind is Kind.JSON else each.kind.sql_type for each in table.columns}
    kinds |= {EXTRA: "varchar", DIGEST: "varchar", LOADED_AT: "timestamp"}
    columns = ", ".join(
        f"{quoted(name) if name in there else 'null'}::{kind} as {quoted(name)}"
        for name, kind in kinds.items()
    )
    is_open = "_dlt_valid_to is null" if table.has_history else "true"
    sql = (
        f"select {columns} from raw_{system}.{table.name}"
        f" where {is_open} and {key_text(table)} in (select unnest(?::varchar[]))"
    )
    return connection.sql(sql, params=[list(keys)]).to_arrow_table()
