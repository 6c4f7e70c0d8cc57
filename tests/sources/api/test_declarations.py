"""What connectors declare has its counterpart: dbt's sources, their page, their settings."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.sources.api import ApiConnector, ApiSettings, Table
from assets.sources.api.hints import VALIDITY
from assets.sources.api.tables import DIGEST, EXTRA, LOADED_AT
from assets.sources.registry import SYSTEMS, UnknownSystemError, connector

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("system", SYSTEMS)
def test_dbt_reads_the_tables_and_columns_that_are_declared(system: str) -> None:
    found = connector(system)
    assert found.system == system
    if not isinstance(found, ApiConnector):
        pytest.skip("its tables are not declared to the API engine; its own tests compare them")
    (file,) = (ROOT / "dbt_project/models/staging" / system).glob("_*__sources.yml")
    (source,) = yaml.safe_load(file.read_text())["sources"]
    described = {table["name"]: _types(table) for table in source["tables"]}
    assert set(described) == set(found.table_names)
    for table in found.tables:
        declared = _declared(table)
        unknown = {name: kind for name, kind in described[table.name].items() if declared.get(name) != kind}
        assert not unknown, f"{table.name}: dbt's source has columns that are not loaded so"


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_a_page_that_starts_with_how_to_try_it(system: str) -> None:
    page = (ROOT / f"docs/sources/{system}.md").read_text()
    assert f"python -m assets.sources.{system} --check" in page
    documented = page + (ROOT / ".env.example").read_text()
    own = set(connector(system).settings_type.model_fields) - set(ApiSettings.model_fields)
    unnamed = [name for name in own if not re.search(rf"\b(?:\w+_)?{name}\b", documented, re.IGNORECASE)]
    assert not unnamed, "settings that neither the page nor .env.example names"


def test_a_system_that_is_not_there_is_said_so() -> None:
    with pytest.raises(UnknownSystemError, match="there are: salesforce"):
        connector("zendesc")


def _types(table: dict[str, Any]) -> dict[str, str]:
    return {column["name"]: column["data_type"] for column in table["columns"]}


def _declared(table: Table) -> dict[str, str]:
    own = {column.name: column.kind.sql_type for column in table.columns}
    return {
        **own,
        EXTRA: "json",
        DIGEST: "varchar",
        LOADED_AT: "timestamp",
        **(dict.fromkeys(VALIDITY, "timestamp") if table.has_history else {}),
    }
