"""Which folder a run reads."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.inputs import InputMissingError, choose
from orchestration.sample import make_sample
from warehouse.home import Home


def test_the_given_folder_is_read(tmp_path: Path) -> None:
    chosen = choose(tmp_path / "repository", Home(tmp_path / "home"), data=tmp_path, mapping=None)
    assert (chosen.folder, chosen.mapping, chosen.is_made) == (tmp_path, None, False)


def test_without_a_folder_the_export_beside_the_repository_is_read(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (tmp_path / "shared/data/ravenstack").mkdir(parents=True)
    (repository / "examples/ravenstack").mkdir(parents=True)
    chosen = choose(repository, Home(tmp_path / "home"), data=None, mapping=None)
    assert chosen.folder == tmp_path / "shared/data/ravenstack"
    assert chosen.mapping == repository / "examples/ravenstack"


def test_without_any_folder_a_company_is_made_up_in_the_home(tmp_path: Path) -> None:
    chosen = choose(tmp_path / "repository", Home(tmp_path / "home"), data=None, mapping=None)
    assert chosen.is_made
    assert chosen.folder.is_relative_to(tmp_path / "home")
    assert not chosen.folder.exists(), "choosing writes nothing"


@pytest.mark.parametrize(("data", "mapping"), [("nowhere", None), (".", "nowhere"), (None, ".")])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, data: str | None, mapping: str | None) -> None:
    with pytest.raises(InputMissingError, match=r"DATA|MAPPING"):
        choose(
            tmp_path,
            Home(tmp_path / "home"),
            data=tmp_path / data if data else None,
            mapping=tmp_path / mapping if mapping else None,
        )


def test_a_made_up_company_is_made_once(tmp_path: Path) -> None:
    told: list[str] = []
    make_sample(tmp_path / "sample", end=date(2026, 1, 31), tell=told.append)
    before = sorted(path.name for path in (tmp_path / "sample").iterdir())
    make_sample(tmp_path / "sample", end=date(2026, 2, 28), tell=told.append)
    assert any(name.startswith("accounts.") for name in before)
    assert sorted(path.name for path in (tmp_path / "sample").iterdir()) == before
    assert len(told) == 1
