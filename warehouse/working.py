"""The working database: one writer at a time, and then no reader."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb


class WarehouseBusyError(RuntimeError):
    """Another process holds the working database and did not let go in time."""


@contextmanager
def open_warehouse(path: Path, *, wait_seconds: float = 60.0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the working database for writing, waiting while another process holds it.

    Raises `WarehouseBusyError` when it is still held after `wait_seconds`. All times are UTC inside.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path, deadline=time.monotonic() + wait_seconds)
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _connect(path: Path, *, deadline: float) -> duckdb.DuckDBPyConnection:
    while True:
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise
            if time.monotonic() >= deadline:
                raise WarehouseBusyError(
                    f"{path.name} is held by another process; only the pipeline may open it, so close "
                    f"whatever else does (everyone reads published/current.duckdb instead): {error}"
                ) from error
        time.sleep(0.25)
