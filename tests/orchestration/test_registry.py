"""Every system there is has everything a system needs, and nothing is named that is none."""

from pathlib import Path

import pytest
import yaml

from assets.sources.registry import SYSTEMS
from assets.systems import LEDGER, LEDGER_TABLES
from orchestration.simulated_systems import SIMULATED

ROOT = Path(__file__).parents[2]
PROJECT = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text())["models"]["tierline"]


@pytest.mark.parametrize("system", [*SYSTEMS, LEDGER])
def test_every_system_has_a_connector_a_page_suites_and_staging(system: str) -> None:
    for path in (
        f"assets/sources/{system}.py",
        f"assets/checks/{system}.py",
        f"docs/sources/{system}.md",
        f"dbt_project/models/staging/{system}/_{system}__sources.yml",
    ):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("system", [*SYSTEMS, "drop_folder"])
def test_every_systems_models_can_be_left_out_by_its_tag(system: str) -> None:
    for folders in (PROJECT["staging"], PROJECT["intermediate"]["feeds"]):
        assert folders[system]["+tags"] == [f"feed_{system}"]
    assert list((ROOT / "dbt_project" / "models" / "intermediate" / "feeds" / system).glob("int_*.sql"))


def test_no_model_is_tagged_for_a_system_that_is_none() -> None:
    tagged = {name for name, value in PROJECT["intermediate"]["feeds"].items() if isinstance(value, dict)}
    assert tagged == {*SYSTEMS, "drop_folder"}
    assert set(SIMULATED) <= set(SYSTEMS)


def test_the_ledgers_tables_are_those_its_connector_has() -> None:
    from assets.sources.ledger import CONNECTOR

    assert CONNECTOR.table_names == LEDGER_TABLES
