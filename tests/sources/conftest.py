"""Fixtures of the ingest tests; a small company whose vendors all are served."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from drops import ACCOUNTS, Drop
from served import UNLIMITED

from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View


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


@pytest.fixture(scope="session")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorServer]:
    folder = tmp_path_factory.mktemp("vendors")
    company = Company(Scenario(end=date(2026, 10, 31), accounts=6, csms=2, months=2, seed=7))
    View(company, folder).live(date(2026, 10, 20))
    with VendorServer(company, folder, Settings.of({"limits": UNLIMITED})) as server:
        yield server
