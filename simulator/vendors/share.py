"""The part of the company that one vendor shows, when things are split between vendors."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import polars as pl
import pyarrow as pa

from simulator.vendors.event_lines import of_channels
from simulator.vendors.split import VENDORS, Split
from simulator.vendors.view import Row, View

CRM_TABLES = ("accounts", "users", "opportunities", "csm_activities")
DESK_TABLES = ("accounts", "users", "tickets")
OWN_TABLES = ("ai_conversations", "survey_responses", "code_changes")


class Share(View):
    """Answers as a view does, with the vendor's rows only."""

    def __init__(self, whole: View, vendor: str, split: Split) -> None:
        self._whole, self._vendor, self._split = whole, vendor, split
        self.folder, self.after_day, self.beside = whole.folder, whole.after_day, whole.beside
        self.hear = whole.hear
        self._is_crm = vendor in VENDORS["accounts"]
        self._is_desk = vendor in VENDORS["tickets"] and not self._is_crm

    @property
    def today(self) -> date:
        return self._whole.today

    @property
    def first_day(self) -> date:
        return self._whole.first_day

    @property
    def now(self) -> datetime:
        return self._whole.now

    def tick(self) -> datetime:
        return self._whole.tick()

    def derived(self, name: str, make: Callable[[], Any]) -> Any:
        return self._whole.derived(f"{self._vendor}: {name}", make)

    def each(
        self,
        name: str,
        rows: list[Row],
        make: Callable[[Row], Any],
        beside: Callable[[Row], Any] | None = None,
    ) -> list[Any]:
        return self._whole.each(f"{self._vendor}: {name}", rows, make, beside)

    def row(self, table: str, key: str | None) -> Row | None:
        """Whoever shows it: what a row refers to is known to all."""
        return self._whole.row(table, key)

    def stages(self, opportunity: Row) -> list[tuple[datetime, str]]:
        return self._whole.stages(opportunity)

    def newcomers(self, table: str, day: date) -> list[Row]:
        return self._whole.newcomers(table, day)

    def rows(self, table: str) -> list[Row]:
        rows: list[Row] = self.derived(f"rows of {table}", lambda: self._own(table))
        return rows

    def tells(self, thing: str, row: Row) -> bool:
        if self._vendor not in VENDORS[thing]:
            return True
        account = self._whole.row("accounts", asker := self._asker(row))
        group = (account and account["parent_account_id"]) or asker
        return self._split.place(thing, group) == self._vendor

    def usage(self, day: date) -> pl.DataFrame:
        events = self._whole.usage(day)
        channels = self._split.channels(self._vendor)
        return events.filter(pl.col("channel").is_in(channels)) if events.height else events

    def usage_table(self, day: date) -> pa.Table:
        return of_channels(self._whole.usage_table(day), self._split.channels(self._vendor))

    def _own(self, table: str) -> list[Row]:
        """A desk knows all AI conversations, since its tickets hold what the bot said; `tells` says whose."""
        rows = self._whole.rows(table)
        thing = None
        if self._is_crm and table in CRM_TABLES:
            thing = "accounts"
        elif (self._is_desk and table in DESK_TABLES) or (self._is_crm and table == "tickets"):
            thing = "tickets"
        elif table in OWN_TABLES and self._vendor in VENDORS[table] and not self._is_desk:
            thing = table
        return rows if thing is None else [row for row in rows if self.tells(thing, row)]

    def _asker(self, row: Row) -> str:
        """The account a row belongs to, found by its address when it names none; else the row itself."""
        if row.get("account_id"):
            return str(row["account_id"])
        address = row.get("requester_email") or row.get("email") or ""
        user = self._whole.by_email().get(address.lower())
        return str(user["account_id"] if user else next(iter(row.values())))
