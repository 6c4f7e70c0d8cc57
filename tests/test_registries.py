"""What is named in one place has its counterpart in the other."""

import ast
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
    return [
        seed for path in sorted(SEEDS.glob("_*.yml")) for seed in yaml.safe_load(path.read_text())["seeds"]
    ]


def _declared(macro: str, name: str) -> dict[str, Any]:
    """A dictionary that a dbt macro of `feeds.sql` sets."""
    text = (ROOT / "dbt_project/macros/feeds.sql").read_text().partition(f"macro {macro}(")[2]
    found: dict[str, Any] = ast.literal_eval(
        text.partition(f"{{% set {name} = ")[2].partition("%}")[0].strip()
    )
    return found


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
    # `crm` becomes one of the channels of its order, account by account
    crms = {row["channel"] for row in _seed("crm_order")}
    wanted = {(play["recipient_role"], channel) for play in plays
              for channel in (crms if play["channel"] == "crm" else {play["channel"]})}  # fmt: skip
    assert wanted <= addresses


def test_the_last_place_of_the_crm_order_takes_every_account() -> None:
    versions = {row["valid_from"] for row in _seed("crm_order")}
    last = {max((int(row["place"]), row["channel"]) for row in _seed("crm_order")
                if row["valid_from"] == version)[1] for version in versions}  # fmt: skip
    assert last == {"email"}


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


def test_every_feed_there_is_joins_the_others() -> None:
    declared = {
        f"int_{system}__{entity}"
        for entity, systems in _declared("feeding_systems", "systems").items()
        for system in systems
    }
    entities = set(_declared("feed_columns", "columns"))
    assert set(_declared("feeding_systems", "systems")) == entities
    folder = ROOT / "dbt_project/models/intermediate/feeds"
    models = {path.stem for path in folder.rglob("*.sql")}
    assert declared == {model for model in models if model.partition("__")[2] in entities}
