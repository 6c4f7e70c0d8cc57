"""Fixtures of the ingest tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from drops import ACCOUNTS, Drop


@pytest.fixture
def drop(tmp_path: Path) -> Iterator[Drop]:
    folder = tmp_path / "drop"
    folder.mkdir()
    connection = duckdb.connect()
    made = Drop(folder, tmp_path / "quarantine", connection)
    made.write("accounts.csv", ACCOUNTS)
    yield made
    connection.close()


@pytest.fixture
def usage(drop: Drop) -> Callable[..., list[tuple[int, str]]]:
    """Load rows of usage_events (a header is put before them) and return what was rejected."""

    def load(*rows: str) -> list[tuple[int, str]]:
        drop.write(
            "usage_events.csv", "\n".join(["event_id,occurred_at,account_id,event,channel,quantity", *rows])
        )
        drop.load()
        return drop.rejected("usage_events")

    return load
