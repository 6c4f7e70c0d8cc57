"""A warehouse that usage is loaded into, and what tests ask of it."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.connector import Connector, Places, TableLoad
from simulator.vendors.server import VendorServer


def lived_events(server: VendorServer, first: date = date.min) -> int:
    """Events of the simulated company from a day on."""
    view = server.view
    days = (view.today - timedelta(days=n) for n in range(100))
    return sum(view.usage_table(day).num_rows for day in days if day >= first)


@dataclass
class Warehouse:
    """`now`: when the next load is."""

    home: Path
    now: datetime

    @property
    def file(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def places(self) -> Places:
        return Places(self.home / "state", self.home / "quarantine")

    def load(self, connector: Connector[Any], settings: Any, told: list[str] | None = None) -> TableLoad:
        """What became of the events."""
        tell = [].append if told is None else told.append
        loads = connector.load(self.file, settings, places=self.places, now=self.now, tell=tell)
        for each in loads:
            assert each.rows_in == each.rows_loaded + each.rows_duplicate + each.rows_quarantined
        (events,) = (each for each in loads if each.table == "events")
        return events

    def a_day_later(self) -> None:
        self.now += timedelta(days=1)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def changed_days(self, source: str) -> set[date]:
        """Of the last load."""
        found = self.rows(
            "select changed_on from raw_tierline.changes"
            f" where source = '{source}' and table_name = 'usage_events' and account_id is null"
            " and load_id = (select max(load_id) from raw_tierline.loads)"
        )
        return {day for (day,) in found}

    def rejected(self, system: str) -> dict[int | None, str]:
        """Reasons by line, from the exported file."""
        path = self.home / "quarantine" / system / "events.jsonl"
        if not path.exists():
            return {}
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return {row["line"]: row["reason"] for row in rows}

    def accounted(self, system: str) -> bool:
        """Whether the units' counts are those of the tables."""
        ((counted,),) = self.rows(
            "select [sum(rows_in), sum(rows_loaded), sum(rows_duplicate), sum(rows_quarantined)]"
            f" from raw_tierline.files where source = '{system}'"
        )
        quarantine = "_quarantine_events" if system == "pendo" else "_quarantine"
        ((held,),) = self.rows(
            "select [l + d + q, l, d, q] from ("
            f" select count(*) filter (not _is_duplicate) as l, count(*) filter (_is_duplicate) as d,"
            f" (select count(*) from raw_{system}.{quarantine}) as q from raw_{system}.events)"
        )
        return bool([int(each) for each in counted] == held)
