"""A CRM of a tiny simulated company, and the warehouse it is loaded into."""

import copy
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx

from assets.sources import registry
from assets.sources.api.streams import Reading
from assets.sources.connector import Places, TableLoad
from simulator.company import Company
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECRETS = {
    "salesforce": {"client_id": "app", "client_secret": "simulated-salesforce"},
    "hubspot": {"access_token": "simulated-hubspot", "searches_per_second": 10_000},
}
QUICK = {"backoff_seconds": 0.0, "timeout_seconds": 0.4}


@dataclass
class Crm:
    """`told`: what the connector said on the way."""

    system: str
    server: VendorServer
    folder: Path
    told: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, system: str, lived: tuple[Company, Path], folder: Path, **given: Any) -> "Crm":
        company, usage = lived
        shutil.copytree(usage, folder / "usage")
        settings = Settings.of({"limits": {system: {"requests": 0, "seconds": 1}}, **given})
        return cls(system, VendorServer(copy.deepcopy(company), folder / "usage", settings), folder)

    @property
    def connector(self) -> Any:
        return registry.connector(self.system)

    def settings(self, **given: Any) -> Any:
        known = {**QUICK, **SECRETS[self.system], "base_url": self.server.url_of(self.system)}
        return self.connector.settings_type(**{**known, **given})

    def load(self, **given: Any) -> dict[str, TableLoad]:
        loads = self.connector.load(
            self.folder / "warehouse.duckdb",
            self.settings(**given),
            places=Places(self.folder / "state", self.folder / "quarantine"),
            now=NOW,
            tell=self.told.append,
        )
        return {each.table: each for each in loads}

    def read(
        self, table: str, cursor: Any = None, *, pages: int | None = None, **given: Any
    ) -> tuple[Any, Any]:
        """A stream's rows and last cursor, without a warehouse; only so many pages."""
        stream = next(each for each in self.connector.streams(self.settings(**given)) if each.name == table)
        rows: list[Any] = []
        for number, page in enumerate(stream.read(Reading(cursor, NOW, self.told.append)), start=1):
            rows += page.rows.get(table, [])
            cursor = page.cursor or cursor
            if number == pages:
                break
        return rows, cursor

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "warehouse.duckdb")) as connection:
            return connection.execute(query).fetchall()

    def held(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """What the vendor holds, deleted records too, by id."""
        vendor: Any = self.server.vendors[self.system]
        rows = vendor.records(kind) if self.system == "salesforce" else vendor.rows(kind)
        return {str(row["Id" if self.system == "salesforce" else "id"]): row for row in rows}

    def write(self, method: str, path: str, **given: Any) -> httpx.Response:
        """As another program would."""
        url = self.server.url_of(self.system)
        secret = f"simulated-{self.system}"
        if self.system == "salesforce":
            form = {"grant_type": "client_credentials", "client_secret": secret}
            secret = httpx.post(f"{url}/services/oauth2/token", data=form).json()["access_token"]
        answer = httpx.request(method, url + path, headers={"Authorization": f"Bearer {secret}"}, **given)
        return answer.raise_for_status()
