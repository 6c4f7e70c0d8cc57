"""What the CRMs' connectors declare has its counterpart in dbt, in the checks, in the settings' list."""

from importlib import import_module
from pathlib import Path

import pytest
import yaml

from assets.sources import registry

ROOT = Path(__file__).resolve().parents[3]
ADDED = {"extra", "_loaded_at", "_dlt_valid_from", "_dlt_valid_to"}


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_dbt_reads_the_columns_that_the_connector_writes(system: str) -> None:
    path = ROOT / f"dbt_project/models/staging/{system}/_{system}__sources.yml"
    (source,) = yaml.safe_load(path.read_text())["sources"]
    read = {
        table["name"]: [(c["name"], c["data_type"]) for c in table["columns"] if c["name"] not in ADDED]
        for table in source["tables"]
    }
    tables = registry.connector(system).tables  # type: ignore[attr-defined]
    assert read == {
        table.name: [(column.name, column.kind.sql_type) for column in table.columns] for table in tables
    }


@pytest.mark.parametrize("system", ["salesforce", "hubspot"])
def test_every_default_field_is_described(system: str) -> None:
    page = (ROOT / f"docs/sources/{system}.md").read_text()
    module = import_module(f"assets.sources.crm.{system}_objects")
    fields = module.FIELDS if system == "salesforce" else module.PROPERTIES
    for by_column in fields.values():
        for column, name in by_column.items():
            assert f"{column} ← `{name}`" in page
