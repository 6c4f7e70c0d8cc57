"""SQL text put together safely, and one-row answers."""

from collections.abc import Sequence
from typing import Any

import duckdb


def literal(value: str) -> str:
    """A SQL string literal. A NUL cannot stand in SQL text, so it is put together."""
    escaped = value.replace("'", "''")
    return "(" + " || chr(0) || ".join(f"'{part}'" for part in escaped.split("\0")) + ")"


def quoted(name: str) -> str:
    """A column's name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def one_row(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> tuple[Any, ...]:
    """The only row of a query that always has one. Fetching all leaves the connection free for other work."""
    (row,) = connection.execute(sql, parameters).fetchall()
    return tuple(row)
