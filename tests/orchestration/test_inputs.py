"""What a run reads."""

from pathlib import Path

import pytest

from assets.connected import ever_connected, note_connected
from assets.home_claim import claim
from orchestration.inputs import InputMissingError, MixedCompaniesError, choose
from orchestration.settings import Settings, read_settings
from warehouse.home import Home

GITHUB = {
    "TIERLINE_GITHUB_ENABLED": "true",
    "TIERLINE_GITHUB_TOKEN": "t",
    "TIERLINE_GITHUB_LISTINGS": "org/product",
}


def _settings(tmp_path: Path, environment: dict[str, str] | None = None, **given: object) -> Settings:
    return read_settings(environment or {}, home=tmp_path / "home", **given)


def test_the_given_folder_is_read(tmp_path: Path) -> None:
    chosen = choose(_settings(tmp_path, data=tmp_path))
    assert (chosen.settings.data, chosen.settings.mapping, chosen.is_simulated) == (tmp_path, None, False)


def test_connected_systems_are_read_with_the_folder_or_alone(tmp_path: Path) -> None:
    assert choose(_settings(tmp_path, GITHUB)).origin == "github"
    both = choose(_settings(tmp_path, GITHUB, data=tmp_path))
    assert both.origin == f"github, the files in {tmp_path}"
    assert not both.is_simulated


def test_with_nothing_connected_a_company_is_simulated(tmp_path: Path) -> None:
    assert choose(_settings(tmp_path)).is_simulated
    assert not (tmp_path / "home").exists(), "choosing writes nothing"


@pytest.mark.parametrize(("data", "mapping"), [("nowhere", None), (".", "nowhere"), (None, ".")])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, data: str | None, mapping: str | None) -> None:
    with pytest.raises(InputMissingError, match=r"DATA|MAPPING"):
        choose(
            _settings(
                tmp_path,
                data=tmp_path / data if data else None,
                mapping=tmp_path / mapping if mapping else None,
            )
        )


def test_the_simulated_company_is_never_mixed_with_a_real_one(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    note_connected(home, "zendesk")
    with pytest.raises(MixedCompaniesError, match="zendesk"):
        choose(_settings(tmp_path))
    (home.root / "simulated").mkdir()
    assert choose(_settings(tmp_path)).is_simulated
    with pytest.raises(MixedCompaniesError, match="TIERLINE_HOME"):
        choose(_settings(tmp_path, GITHUB))


def test_a_home_knows_what_it_was_ever_connected_to(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    for system in ("zendesk", "hubspot", "zendesk"):
        note_connected(home, system)
    assert ever_connected(home) == {"hubspot", "zendesk"}
    claim(home, tmp_path / "drop")
    assert ever_connected(home) == {"drop_folder", "hubspot", "zendesk"}
