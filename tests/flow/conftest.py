"""Inputs and runs that several flows share."""

from pathlib import Path

import pytest
from running import RAVENSTACK, RAVENSTACK_MAPPING, Run, tierline


@pytest.fixture(scope="session")
def ravenstack() -> Path:
    if not RAVENSTACK.is_dir():
        pytest.skip("the RavenStack export (../shared/data/ravenstack) is not beside the repository")
    return RAVENSTACK


@pytest.fixture(scope="session")
def ravenstack_run(ravenstack: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The first run on the export; shared, so nothing may write to its home but a repeated run."""
    return tierline(tmp_path_factory.mktemp("ravenstack"), ravenstack, mapping=RAVENSTACK_MAPPING)
