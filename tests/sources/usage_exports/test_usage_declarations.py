"""What connectors write is what dbt reads, and every setting is documented."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.sources import amplitude, mixpanel, pendo, segment
from assets.sources.bulk.pendo_tables import TABLES
from assets.sources.bulk.schema import TRAITS, TRAITS_COLUMNS, EventTable
from assets.sources.settings import variables

ROOT = Path(__file__).parents[3]
SECRET: Any = "none"
EVENTS: dict[str, EventTable] = {
    "segment": segment.events_table(segment.Settings(folder=Path())),
    "mixpanel": mixpanel.events_table(mixpanel.Settings(api_secret=SECRET)),
    "amplitude": amplitude.events_table(amplitude.Settings(api_key=SECRET, secret_key=SECRET)),
    "pendo": pendo.events_table(pendo.Settings(integration_key=SECRET)),
}
SETTINGS = {each.SYSTEM: each.Settings for each in (segment, mixpanel, amplitude, pendo)}


def declared(system: str) -> dict[str, dict[str, str]]:
    table = EVENTS[system]
    found = {table.name: dict(table.raw_columns)}
    if table.traits:
        found[TRAITS] = dict(TRAITS_COLUMNS)
    if system == "pendo":
        kept = {"extra": "json", "_loaded_at": "timestamp"}
        found |= {each.name: {c.name: c.kind.sql_type for c in each.columns} | kept for each in TABLES}
    return found


@pytest.mark.parametrize("system", EVENTS)
def test_dbt_reads_the_columns_that_the_connector_writes(system: str) -> None:
    path = ROOT / f"dbt_project/models/staging/{system}/_{system}__sources.yml"
    (source,) = yaml.safe_load(path.read_text())["sources"]
    read = {
        table["name"]: {column["name"]: column["data_type"] for column in table["columns"]}
        for table in source["tables"]
    }
    assert read == declared(system)


@pytest.mark.parametrize("system", SETTINGS)
def test_every_setting_of_its_own_is_documented(system: str) -> None:
    page = (ROOT / f"docs/sources/{system}.md").read_text()
    own = [field for field in SETTINGS[system].__annotations__ if not field.startswith("_")]
    assert [field for field in own if f"`{field.upper()}`" not in page] == []
    example = (ROOT / ".env.example").read_text()
    assert f"{variables(system, SETTINGS[system])[0]}=" in example
