"""A small company lived once; every server gets a copy of it to live on."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View

SEEN_UNTIL, END = date(2026, 10, 20), date(2026, 10, 31)
UNLIMITED = {"requests": 0, "seconds": 1}
Serve = Callable[..., VendorServer]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    """30 accounts over two months, eleven days before the end; and the folder of its usage."""
    folder = tmp_path_factory.mktemp("lived_for_conversations")
    company = Company(Scenario(end=END, accounts=30, csms=2, months=2, seed=7))
    View(company, folder).live(SEEN_UNTIL)
    return company, folder


@pytest.fixture
def serve(lived: tuple[Company, Path], tmp_path: Path) -> Iterator[Serve]:
    """Starts servers on copies of the company; no rate limits unless given."""
    company, folder = lived
    with ExitStack() as running:

        def start(**settings: Any) -> VendorServer:
            own = tmp_path / "server"
            shutil.copytree(folder, own)
            given = {"limits": dict.fromkeys(("intercom", "zipchat", "delighted"), UNLIMITED), **settings}
            return running.enter_context(VendorServer(copy.deepcopy(company), own, Settings.of(given)))

        yield start
