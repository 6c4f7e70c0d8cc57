"""Gainsight, ChurnZero and Totango as the simulated company's vendors show them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.sources import registry
from assets.sources.connector import Places
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View

SYSTEMS = ("gainsight", "churnzero", "totango")
GIVEN: dict[str, dict[str, Any]] = {
    "gainsight": {
        "access_key": "simulated-gainsight",
        "company_fields": {"csm": "Csm", "csm_email": "Csm__gr.Email", "external_id": "ExternalId"},
    },
    "churnzero": {"username": "ana@vendor.example", "api_key": "simulated-churnzero"},
    "totango": {"app_token": "simulated-totango"},
}
# What names the person who looks after an account, in a query over the open versions.
CSMS = {
    "gainsight": "select gsid, csm_email from raw_gainsight.companies where _dlt_valid_to is null",
    "churnzero": "select accounts.id, email from raw_churnzero.accounts"
    " join raw_churnzero.user_accounts on user_account_id = user_accounts.id where _dlt_valid_to is null",
    "totango": "select name, success_manager from raw_totango.accounts where _dlt_valid_to is null",
}
PEOPLE = {"churnzero": "contacts", "totango": "users"}
# Tables read by change; the others are read whole.
CHANGES = {"churnzero": ("tasks", "contacts"), "gainsight": ("ctas",), "totango": ()}


class Platforms:
    """The vendors' server, and the warehouse they are loaded into."""

    def __init__(self, server: VendorServer, folder: Path) -> None:
        self.server, self.folder = server, folder

    def settings(self, system: str, **given: Any) -> Any:
        base_url = self.server.url_of(system) + ("/public/v1" if system == "churnzero" else "")
        fixed = {"base_url": base_url, "page_size": 50, "backoff_seconds": 0, "timeout_seconds": 1}
        return registry.connector(system).settings_type(**{**fixed, **GIVEN[system], **given})

    def load(self, system: str) -> dict[str, int]:
        """Rows loaded by table."""
        loads = registry.connector(system).load(
            self.folder / "w.duckdb",
            self.settings(system),
            places=Places(self.folder / "state", self.folder / "quarantine"),
            now=self.server.view.now,
            tell=lambda words: None,
        )
        assert all(each.rows_quarantined == 0 for each in loads)
        return {each.table: each.rows_loaded for each in loads}

    def stored(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "w.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    def held(self, table: str) -> int:
        return len(self.server.view.rows(table))


@pytest.fixture
def platforms(tmp_path: Path) -> Iterator[Platforms]:
    company = Company(Scenario(end=date(2026, 10, 31), accounts=8, csms=2, months=2, seed=7))
    View(company, tmp_path / "server").live(date(2026, 10, 20))
    unlimited = {"limits": {"gainsight": {"requests": 0, "seconds": 1}}}
    with VendorServer(company, tmp_path / "server", Settings.of(unlimited)) as server:
        yield Platforms(server, tmp_path)


def test_the_company_is_loaded_once_and_then_only_what_changes(platforms: Platforms) -> None:
    accounts, csms = platforms.held("accounts"), {row["email"] for row in platforms.server.view.rows("csms")}
    for system in SYSTEMS:
        first = platforms.load(system)
        owners = platforms.stored(CSMS[system])
        assert len({key for key, _ in owners}) == len(owners) == accounts
        assert {email for _, email in owners} <= csms
        if system in PEOPLE:
            people = platforms.stored(f"select count(*) from raw_{system}.{PEOPLE[system]}")
            assert people == [(platforms.held("users"),)] == [(first[PEOPLE[system]],)]
        assert set(platforms.load(system).values()) == {0}

    platforms.server.advance(3)
    for system in SYSTEMS:
        news = platforms.load(system)
        for table in CHANGES[system]:
            (total,) = platforms.stored(f"select count(*) from raw_{system}.{table}")
            assert news[table] < total[0]
        if system in PEOPLE:
            people = platforms.stored(f"select count(*) from raw_{system}.{PEOPLE[system]}")
            assert people == [(platforms.held("users"),)]


@pytest.mark.parametrize("system", SYSTEMS)
def test_wrong_credentials_are_named_and_not_told(platforms: Platforms, system: str) -> None:
    secret = next(name for name in GIVEN[system] if name.endswith(("key", "token")))
    connector = registry.connector(system)
    assert all(each.is_fine for each in connector.check(platforms.settings(system)))
    findings = list(connector.check(platforms.settings(system, **{secret: "wrong-and-private"})))
    told = " ".join(each.detail for each in findings)
    assert not any(each.is_fine for each in findings)
    assert f"TIERLINE_{system.upper()}_{secret.upper()}" in told
    assert "wrong-and-private" not in told


def test_a_field_the_tenant_does_not_have_is_named(platforms: Platforms) -> None:
    settings = platforms.settings("gainsight", company_fields={"overall_score": "Score__gc"})
    (companies, _) = registry.connector("gainsight").check(settings)
    assert not companies.is_fine
    assert "Score__gc" in companies.detail
