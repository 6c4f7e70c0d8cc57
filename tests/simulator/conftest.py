"""Companies shared by the simulator's tests: simulated once a session, read by many."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from simulator import drop_folder
from simulator.tables import TABLES

END = date(2026, 10, 31)


@dataclass(frozen=True)
class Simulated:
    """A drop folder, its truth, and a connection in which both stand as views."""

    folder: Path
    truth: Path
    rows: dict[str, int]
    sql: duckdb.DuckDBPyConnection

    def value(self, query: str) -> float:
        ((value,),) = self.sql.execute(query).fetchall()
        return float(value)

    def pairs(self, query: str) -> dict[Any, Any]:
        return dict(self.sql.execute(query).fetchall())


def open_views(folder: Path, truth: Path) -> duckdb.DuckDBPyConnection:
    sql = duckdb.connect()
    for table in TABLES:
        sql.execute(f"create view {table} as select * from '{folder}/{table}.parquet'")
    sql.execute(f"create view usage_events as select * from read_parquet('{folder}/usage_events/*.parquet')")
    for name in ("accounts", "shocks", "action_effects", "ai_answers"):
        sql.execute(f"create view truth_{name} as select * from '{truth}/{name}.parquet'")
    sql.execute(f"create view truth_days as select * from '{truth}/account_days/*.parquet'")
    # who an event belongs to, as the contract says: account, user, e-mail or domain
    sql.execute("""
        create table events as
        select events.*, coalesce(
            events.account_id, by_user.account_id, by_email.account_id, by_domain.account_id
        ) as resolved_account_id
        from usage_events as events
        left join users as by_user on by_user.user_id = events.user_id
        left join users as by_email on by_email.email = events.email
        left join accounts as by_domain on by_domain.domain = events.domain
    """)
    return sql


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """400 accounts over 12 months, automation live after six."""
    home = tmp_path_factory.mktemp("simulated")
    folder, truth = home / "drop", home / "truth"
    rows = drop_folder.write(folder, accounts=400, months=12, seed=11, end=END, truth=truth)
    sql = open_views(folder, truth)
    yield Simulated(folder, truth, rows, sql)
    sql.close()
