"""Inputs and runs that several flows share."""

from collections.abc import Callable, Mapping
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


@pytest.fixture
def write_files(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Write a drop folder of text files; returns the folder."""
    folder = tmp_path / "drop"

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return folder

    return write
