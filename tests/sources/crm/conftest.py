"""A tiny company, lived once for both CRMs."""

from datetime import date
from pathlib import Path

import pytest

from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.view import View

SEEN_UNTIL, END = date(2026, 10, 20), date(2026, 10, 31)


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    """8 accounts over two months, and the folder of its usage."""
    folder = tmp_path_factory.mktemp("lived")
    company = Company(Scenario(end=END, accounts=8, csms=2, months=2, seed=7))
    View(company, folder).live(SEEN_UNTIL)
    return company, folder
