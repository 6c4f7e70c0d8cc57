"""What is named in one place has its counterpart in the other."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.sources.drop.contract import TABLES

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "dbt_project/seeds/policy"
# Every raw table of a connector carries these beside the contract's columns.
LOADED_WITH = {"extra", "_file", "_line", "_load_id", "_is_duplicate", "_resolved_by"}


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def _described_seeds() -> list[dict[str, Any]]:
    seeds: list[dict[str, Any]] = yaml.safe_load((SEEDS / "_policy__seeds.yml").read_text())["seeds"]
    return seeds


def test_dbt_reads_the_columns_that_the_contract_declares() -> None:
    path = ROOT / "dbt_project/models/staging/drop_folder/_drop_folder__sources.yml"
    (source,) = yaml.safe_load(path.read_text())["sources"]
    read = {
        table["name"]: {column["name"] for column in table["columns"]} - LOADED_WITH
        for table in source["tables"]
    }
    tables = TABLES.values() if hasattr(TABLES, "values") else TABLES
    assert read == {table.name: {column.name for column in table.columns} for table in tables}


def test_every_play_has_a_template_and_an_address() -> None:
    templates = {path.name.removesuffix(".j2") for path in (ROOT / "sensors/templates/plays").glob("*.j2")}
    plays = _seed("plays")
    assert {play["template_id"] for play in plays} <= templates
    addresses = {(row["role"], row["channel"]) for row in _seed("recipients")}
    assert {(play["recipient_role"], play["channel"]) for play in plays} <= addresses


def test_a_never_automated_activity_has_only_human_plays() -> None:
    never = {row["activity"] for row in _seed("activities") if row["automation"] == "never"}
    assert len(never) == 3
    assert {play["mode"] for play in _seed("plays") if play["activity"] in never} == {"human"}


@pytest.mark.parametrize("seed", _described_seeds(), ids=lambda seed: seed["name"])
def test_every_column_of_policy_is_typed_and_described(seed: dict[str, Any]) -> None:
    with (SEEDS / f"{seed['name']}.csv").open() as file:
        header = next(csv.reader(file))
    assert header == list(seed["config"]["column_types"])
    described = {column["name"]: column["description"] for column in seed["columns"]}
    assert list(described) == header
    assert all(text.endswith(".") for text in described.values())


def test_every_policy_seed_is_described() -> None:
    assert {path.stem for path in SEEDS.glob("*.csv")} == {seed["name"] for seed in _described_seeds()}
