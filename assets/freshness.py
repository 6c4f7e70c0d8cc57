"""How old each feed is, as asset checks on the raw tables: what the published models say, never a failure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    RetryPolicy,
    multi_asset_check,
)

from assets.published import PUBLISHED
from assets.resources import WAREHOUSE_POOL, Workplace
from warehouse.snapshots import current, open_snapshot

FRESHNESS = "freshness"
_TABLE = "marts.fct_feed_freshness"


@dataclass(frozen=True)
class Feed:
    """A row of `marts.fct_feed_freshness`: one measure of a raw table, or of a channel of usage, in hours."""

    system: str
    table: str
    channel: str | None
    measure: str
    last_loaded_at: datetime | None
    last_event_on: date | None
    age_hours: float
    expected_within_hours: int | None
    is_stale: bool
    accounts_affected: int
    owner_email: str | None
    owner_slack: str | None
    newest_file_at: datetime | None = None

    def sentence(self) -> str:
        """What is late, how late, whom it touches and who can mend it."""
        if self.newest_file_at:
            last = f"newest file of {self.newest_file_at:%Y-%m-%d %H:%M}"
        else:
            last = f"newest event on {self.last_event_on}" if self.last_event_on else "last load"
        channel = f" ({self.channel})" if self.channel else ""
        told = f"{self.system}.{self.table}{channel}: {last}, {self.age_hours:.0f} h old"
        if self.expected_within_hours is not None:
            told += f", expected within {self.expected_within_hours} h"
        if self.is_stale and self.accounts_affected:
            told += f"; the score of {self.accounts_affected:,} accounts is unknown for it"
        owner = self.owner_email or self.owner_slack
        return f"{told}; ask {owner}" if self.is_stale and owner else told


def feeds(connection: duckdb.DuckDBPyConnection) -> list[Feed]:
    """Every feed a snapshot, or the working database, knows of."""
    rows = connection.execute(
        "select system, table_name, channel, measure, last_loaded_at, last_event_on, age_hours,"
        " expected_within_hours, is_stale, accounts_affected, owner_email, owner_slack,"
        " newest_file_at"
        f" from {_TABLE} order by all"
    ).fetchall()
    return [Feed(*row) for row in rows]


def freshness_checks(
    raw_tables: Mapping[str, Sequence[AssetKey]], *, retry_policy: RetryPolicy
) -> AssetChecksDefinition:
    """One check per raw table, by system, after the models are published. A stale feed is a warning."""

    @multi_asset_check(
        name="check_freshness",
        specs=[
            AssetCheckSpec(
                FRESHNESS,
                asset=key,
                additional_deps=[PUBLISHED],
                description="Whether it is as new as the seed `freshness` expects.",
            )
            for keys in raw_tables.values()
            for key in keys
        ],
        can_subset=True,
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def check_freshness(
        context: AssetCheckExecutionContext, workplace: Workplace
    ) -> Iterator[AssetCheckResult]:
        with open_snapshot(current(workplace.home)) as snapshot:
            found = feeds(snapshot)
        selected = {check.asset_key for check in context.selected_asset_check_keys}
        for system, keys in raw_tables.items():
            by_key: dict[AssetKey, list[Feed]] = {}
            for feed in found:
                if feed.system == system:
                    by_key.setdefault(_key(feed, keys), []).append(feed)
            yield from (check_result(key, by_key[key]) for key in keys if key in by_key and key in selected)

    return check_freshness


def _key(feed: Feed, keys: Sequence[AssetKey]) -> AssetKey:
    """The asset of a feed's raw table; a system's usage as a whole is shown on its first, its events."""
    return next((key for key in keys if key.path[-1] == feed.table), keys[0])


def check_result(key: AssetKey, measures: Sequence[Feed]) -> AssetCheckResult:
    worst = max(measures, key=lambda feed: (feed.is_stale, feed.age_hours))
    told = [feed.sentence() for feed in measures if feed.is_stale] or [worst.sentence()]
    expected = {"expected within hours": worst.expected_within_hours} if worst.expected_within_hours else {}
    return AssetCheckResult(
        check_name=FRESHNESS,
        asset_key=key,
        passed=not worst.is_stale,
        severity=AssetCheckSeverity.WARN,
        description="; ".join(told),
        metadata={
            "age in hours": worst.age_hours,
            "accounts affected": max(feed.accounts_affected for feed in measures),
            **expected,
        },
    )
