"""The company as its systems see it: rows with the moment they last changed, and usage by day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from simulator import state
from simulator.company import Company, Day
from simulator.scenario import to_date, to_day
from simulator.vendors.beside import Beside
from simulator.vendors.usage_files import UsageFiles

Row = dict[str, Any]
FEW = 100  # rows, up to which a query over their columns takes longer than they themselves
UTC_ZONE = ZoneInfo("UTC")  # what polars gives a moment
KEYS = {
    "accounts": "account_id",
    "users": "user_id",
    "tickets": "ticket_id",
    "ai_conversations": "conversation_id",
    "survey_responses": "response_id",
    "subscriptions": "subscription_id",
    "opportunities": "opportunity_id",
    "csms": "csm_id",
    "csm_activities": "activity_id",
    "code_changes": "commit_sha",
    "invoices": "invoice_id",
}


class View:
    """`rows(table)` are the frame's rows as dictionaries (moments in UTC with a zone) plus `updated_at`.

    A row that a later day changes gets a moment of that day, so whoever asks for changes since the last time
    gets it. Usage is kept in files, a day each. `beside` writes them, and what else those who follow
    the days give it to do: all of it is done before `live` or `advance` returns.
    """

    def __init__(self, company: Company, folder: Path) -> None:
        self._company, self.folder = company, folder
        self._usage, self.beside = UsageFiles(folder / "usage"), Beside()
        self._rows: dict[str, dict[str, Row]] = {}
        self._frames: dict[str, pl.DataFrame] = {}
        self._derived: dict[str, Any] = {}
        self._kept: dict[str, dict[int, tuple[Row, Any, Any]]] = {}
        self._ticks = 0
        self.after_day: list[Callable[[date], None]] = []
        self.after_step: list[Callable[[Day], None]] = []
        # what was delivered since the last day, and how a vendor passes on what it was given to deliver
        self.actions: Callable[[], list[Row] | None] = lambda: None
        self.hear: Callable[[Any], None] = lambda heard: None

    @property
    def first_day(self) -> date:
        return to_date(self._company.scenario.first_day)

    @property
    def today(self) -> date:
        """The last day lived."""
        return to_date(self._company.today)

    @property
    def day_end(self) -> datetime:
        """Nothing the company did is later than this or at it."""
        return datetime.combine(self.today, time(), UTC) + timedelta(days=1)

    @property
    def now(self) -> datetime:
        """The vendors' clock: the end of the day, a second later with everything that is written."""
        return self.day_end + timedelta(seconds=self._ticks)

    def tick(self) -> datetime:
        """The moment of a write."""
        self._ticks += 1
        return self.now

    def live(self, until: date) -> None:
        """Live through all days up to and with `until`."""
        while self._company.today < to_day(until):
            self._step()
        self.beside.finish()

    def advance(self, days: int = 1) -> None:
        """So many more days, with what changes in them."""
        for table in KEYS:
            self.rows(table)  # what stood before, to know what changes
        for _ in range(days):
            self._step()
        self.beside.finish()

    def _step(self) -> None:
        before = self.day_end
        seen = self._company.step(self._company.today + 1, self.actions())
        self._ticks = 0
        self._derived.clear()
        if seen.events is not None:
            self.beside.do(partial(self._write_usage, self.today, seen))
        for table in self._rows:
            self._update(table, before)
        for known in self.after_step:
            known(seen)
        for follow in self.after_day:
            follow(self.today)

    def _write_usage(self, day: date, seen: Day) -> None:
        self._usage.write(day, seen.usage)

    def newcomers(self, table: str, day: date) -> list[Row]:
        """Accounts or users that came on a day that was lived; the first has all who came before, too."""
        return _dictionaries(state.newcomers(self._company, table, to_day(day)))

    def tells(self, thing: str, row: Row) -> bool:
        """Whether the vendor who asks shows this row as the thing (see `split`)."""
        return True

    def _update(self, table: str, since: datetime) -> None:
        """Takes in what the days from `since` on changed; other rows stay the very same."""
        before, now = self._frames[table], self._company.frame(table)
        changed = now.join(before, on=now.columns, how="anti", nulls_equal=True)
        for row in _dictionaries(changed):
            key = _key(table, row)
            self._rows[table][key] = row | {"updated_at": self._changed_at(key, row, since)}
        self._frames[table] = now

    def _changed_at(self, key: str, row: Row, since: datetime) -> datetime:
        """The row's own last moment if it lies in the day that changed it, else any moment of that day."""
        last = self._last_moment(row)
        return last if last is not None and last >= since else _some_moment(key, since)

    def _last_moment(self, row: Row) -> datetime | None:
        past = [each for each in row.values() if isinstance(each, datetime) and each < self.day_end]
        return max(past, default=None)

    def _table(self, table: str) -> dict[str, Row]:
        if table not in self._rows:
            begin = datetime.combine(to_date(self._company.scenario.first_day), time(), UTC)
            self._frames[table] = frame = self._company.frame(table)
            self._rows[table] = {
                _key(table, row): row | {"updated_at": self._last_moment(row) or begin}
                for row in _dictionaries(frame)
            }
        return self._rows[table]

    def rows(self, table: str) -> list[Row]:
        return list(self._table(table).values())

    def row(self, table: str, key: str | None) -> Row | None:
        """The row of that key, if there is one."""
        return self._table(table).get(key) if key is not None else None

    def parent(self, account: Row) -> Row | None:
        """The account at the head of its group, if it has one."""
        return self.row("accounts", account["parent_account_id"])

    def derived(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` returns, made once a day."""
        if name not in self._derived:
            self._derived[name] = make()
        return self._derived[name]

    def each(
        self,
        name: str,
        rows: list[Row],
        make: Callable[[Row], Any],
        beside: Callable[[Row], Any] | None = None,
    ) -> list[Any]:
        """`make(row)` for every row; kept from day to day for rows that did not change.

        `beside` is what else it is made from, compared by identity.
        """
        kept, new = self._kept.get(name, {}), {}
        for row in rows:
            other = beside(row) if beside is not None else None
            found = kept.get(id(row))
            if found is None or found[0] is not row or found[1] is not other:
                found = (row, other, make(row))
            new[id(row)] = found
        self._kept[name] = new
        return [made for *_, made in new.values()]

    def activity_of(self, action_id: str | None) -> Row | None:
        """What a CSM did about an action, if anything."""

        def make() -> dict[str, Row]:
            return {row["action_id"]: row for row in self.rows("csm_activities") if row["action_id"]}

        done: dict[str, Row] = self.derived("activities by action", make)
        return done.get(action_id) if action_id is not None else None

    def stages(self, opportunity: Row) -> list[tuple[datetime, str]]:
        """When an opportunity came into each of its stages so far."""
        key = opportunity["opportunity_id"]
        own = self._company.contracts.deals.opportunities[int(key.rpartition("_")[2]) - 1]
        (_, first), *later = own.stages(self._company.today)
        begins = [(datetime.combine(to_date(day), time(), UTC), stage) for day, stage in later]
        return [
            (opportunity["created_at"], first),
            *((_some_moment(key, begin), stage) for begin, stage in begins),
        ]

    def by_domain(self) -> dict[str, str]:
        """Accounts by their web domain."""
        made: dict[str, str] = self.derived(
            "accounts by domain",
            lambda: {row["domain"]: row["account_id"] for row in self.rows("accounts") if row["domain"]},
        )
        return made

    def by_email(self) -> dict[str, Row]:
        """Users by lower-case address."""
        made: dict[str, Row] = self.derived(
            "users by e-mail", lambda: {u["email"].lower(): u for u in self.rows("users") if u["email"]}
        )
        return made

    def usage(self, day: date) -> pl.DataFrame:
        """The day's events in the contract's columns, text as text; no rows for a day that was not lived."""
        return self._usage.frame(day)

    def usage_table(self, day: date) -> pa.Table:
        """The same as Arrow columns, text as codes."""
        return self._usage.table(day)


def _some_moment(key: str, begin: datetime) -> datetime:
    """Of the day that begins then, always the same for a row."""
    second = int.from_bytes(blake2b(f"{key}/{begin}".encode(), digest_size=4).digest(), "big") % 86_400
    return begin + timedelta(seconds=second)


def _dictionaries(frame: pl.DataFrame) -> list[Row]:
    moments = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    if frame.height > FEW:
        return frame.with_columns(pl.col(moments).dt.replace_time_zone("UTC")).to_dicts()
    rows = frame.to_dicts()
    for row in rows:
        row.update({name: row[name] and row[name].replace(tzinfo=UTC_ZONE) for name in moments})
    return rows


def _key(table: str, row: Row) -> str:
    return f"{row['commit_sha']}/{row['path']}" if table == "code_changes" else str(row[KEYS[table]])
