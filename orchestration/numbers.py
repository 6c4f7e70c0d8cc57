"""The figures of the summary about what came out, from the published snapshot and the ledger."""

from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import case, func, select

from assets.freshness import Feed
from orchestration.input_numbers import Identity, identity, known_feeds
from sensors.ledger import open_ledger
from sensors.schema import deliveries
from warehouse.snapshots import open_snapshot

TIERS = ("healthy", "at_risk", "declining", "critical", "unknown", "not scored")
MODES = ("automated", "assisted", "human")


@dataclass(frozen=True)
class Crossings:
    """Tier crossings by direction: on the last day, and in the seven days that end with it."""

    direction: str
    last_day: int
    last_week: int


@dataclass(frozen=True)
class Decisions:
    """Decisions of one mode: new in this snapshot and in all, to be delivered or suppressed by a rule."""

    mode: str
    new_to_deliver: int
    new_suppressed: int
    to_deliver: int
    suppressed: int


@dataclass(frozen=True)
class Automation:
    """The machines' share of a month's workflows, from 0 to 1, beside what others report."""

    month: date
    workflows: int
    share: float
    benchmark_low: float | None
    benchmark_high: float | None


@dataclass(frozen=True)
class Published:
    """What the served snapshot says. `as_of`: the last day scored; `tiers`: accounts per tier on that day."""

    version: str
    as_of: date
    tiers: dict[str, int] = field(default_factory=dict)
    crossings: list[Crossings] = field(default_factory=list)
    decisions: list[Decisions] = field(default_factory=list)
    identity: Identity = field(default_factory=Identity)
    feeds: list[Feed] = field(default_factory=list)
    automation: Automation | None = None


def published(snapshot: Path, ledger_address: str) -> Published:
    with open_snapshot(snapshot) as connection:
        version, as_of = _one(connection, "select version, as_of from meta.snapshot")
        return Published(
            version=version,
            as_of=as_of,
            tiers=_tiers(connection, as_of),
            crossings=_crossings(connection, as_of),
            decisions=_decisions(connection, _new_decisions(ledger_address, version)),
            identity=identity(connection),
            feeds=known_feeds(connection),
            automation=_automation(connection),
        )


def _tiers(connection: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, int]:
    counted = dict(
        connection.execute(
            "select coalesce(health.tier, 'not scored'), count(*) from marts.dim_accounts as accounts"
            " left join marts.fct_account_health_daily as health"
            " on accounts.account_id = health.account_id and health.date = ?"
            " where accounts.is_active or health.date is not null group by 1",
            [as_of],
        ).fetchall()
    )
    return {tier: counted.get(tier, 0) for tier in TIERS}


def _crossings(connection: duckdb.DuckDBPyConnection, as_of: date) -> list[Crossings]:
    rows = connection.execute(
        "select direction, count(*) filter (changed_on = $day), count(*) from marts.fct_tier_changes"
        " where changed_on between $week_began and $day group by 1",
        {"day": as_of, "week_began": as_of - timedelta(days=6)},
    ).fetchall()
    counted = {direction: (day, week) for direction, day, week in rows}
    return [Crossings(direction, *counted.get(direction, (0, 0))) for direction in ("up", "down")]


def _decisions(connection: duckdb.DuckDBPyConnection, new: dict[str, tuple[int, int]]) -> list[Decisions]:
    rows = connection.execute(
        "select mode, count(*) filter (suppressed_by is null), count(*) filter (suppressed_by is not null)"
        " from actions.fct_action_decisions group by 1"
    ).fetchall()
    counted = {mode: (deliver, suppressed) for mode, deliver, suppressed in rows}
    return [Decisions(mode, *new.get(mode, (0, 0)), *counted.get(mode, (0, 0))) for mode in MODES]


def _automation(connection: duckdb.DuckDBPyConnection) -> Automation | None:
    """Of the newest month; None while nothing was decided."""
    try:
        row = connection.execute(
            "select month, workflows, automated_share, benchmark_low, benchmark_high"
            " from marts.rpt_automation_share_monthly where segment = '*' order by month desc limit 1"
        ).fetchone()
    except duckdb.CatalogException:  # the snapshot of a version before it
        return None
    return None if row is None else Automation(*row)


def _new_decisions(ledger_address: str, version: str) -> dict[str, tuple[int, int]]:
    """Per mode, the decisions that reached the ledger with this snapshot: to be delivered, suppressed."""
    suppressed = func.sum(case((deliveries.c.suppressed_by.is_not(None), 1), else_=0))
    query = (
        select(deliveries.c.mode, func.count() - suppressed, suppressed)
        .where(deliveries.c.snapshot_version == version)
        .group_by(deliveries.c.mode)
    )
    with closing(open_ledger(ledger_address)) as ledger, ledger.reading() as connection:
        rows: list[Any] = list(connection.execute(query))
    return {mode: (int(deliver), int(held)) for mode, deliver, held in rows}


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[str, date]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0], row[1]
