"""The asset `published_snapshot`: audited marts, actions and policy, where everyone else reads them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetObservation,
    AssetsDefinition,
    AssetSpec,
    DagsterInstance,
    Failure,
    FreshnessPolicy,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    multi_asset,
)

from assets.days import BY_DAY, DAYS
from assets.failures import final
from assets.raw_checks import failed_raw_checks
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.runs import NoOpenRunError, complete_run
from assets.telling import telling
from warehouse.snapshots import Snapshot, publish

PUBLISHED = AssetKey(["published_snapshot"])
_HEALTH = "marts.fct_account_health_daily"


def published_snapshot(
    upstream: Iterable[AssetKey],
    raw_tables: Sequence[AssetKey],
    *,
    stale_after: timedelta,
    retry_policy: RetryPolicy,
) -> AssetsDefinition:
    """`upstream` is what has to be built, and its checks passed, before anything is published.

    The last blocking check of none of the `raw_tables` may have failed.
    """

    @multi_asset(
        name="publish_snapshot",
        specs=[
            AssetSpec(
                PUBLISHED,
                group_name="publish",
                deps=list(upstream),
                freshness_policy=FreshnessPolicy.time_window(fail_window=stale_after),
                description="`published/current.duckdb`: what dashboards, notebooks and delivery read.",
            )
        ],
        partitions_def=DAYS,
        backfill_policy=BY_DAY,
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def publish_snapshot(context: AssetExecutionContext, workplace: Workplace) -> MaterializeResult[None]:
        _refuse_unaudited(context.instance, raw_tables)
        as_of = date.fromisoformat(context.partition_key)
        now = datetime.now(UTC)
        with workplace.warehouse() as connection:
            snapshot = publish(connection, workplace.home, as_of=as_of, now=now)
            with final(NoOpenRunError):
                complete_run(connection, as_of=as_of, now=now)
            distribution = score_distribution(connection, as_of) if _HEALTH in snapshot.tables else ""
        for table, rows in snapshot.tables.items():
            context.log_event(AssetObservation(table.split("."), metadata={"dagster/row_count": rows}))
        telling(context.log)(f"published {snapshot.version}")
        return MaterializeResult(metadata=_metadata(snapshot, as_of, distribution))

    return publish_snapshot


def _refuse_unaudited(instance: DagsterInstance, raw_tables: Sequence[AssetKey]) -> None:
    """Dagster blocks within one run; the models may also be built alone, after checks that failed earlier."""
    failed = failed_raw_checks(instance, raw_tables)
    if failed:
        raise Failure(
            description=f"not published: the checks of {', '.join(failed)} failed; load again first",
            allow_retries=False,
        )


def score_distribution(connection: duckdb.DuckDBPyConnection, as_of: date) -> str:
    """Accounts and scores per tier on `as_of`, as a markdown table."""
    rows = connection.execute(
        "select tier, count(*), min(score), median(score), max(score)"
        f" from {_HEALTH} where date = ? group by tier order by median(score) desc nulls last, tier",
        [as_of],
    ).fetchall()
    lines = [
        f"| {tier} | {accounts} | {_points(low)} | {_points(mid)} | {_points(high)} |"
        for tier, accounts, low, mid, high in rows
    ]
    return "\n".join(
        ["| tier | accounts | lowest score | median | highest |", "|:--|--:|--:|--:|--:|", *lines]
    )


def _points(score: float | None) -> str:
    return "-" if score is None else f"{score:.1f}"


def _metadata(snapshot: Snapshot, as_of: date, distribution: str) -> dict[str, Any]:
    tables = "\n".join(f"| {name} | {rows:,} |" for name, rows in snapshot.tables.items())
    return {
        "as_of": as_of.isoformat(),
        "version": snapshot.version,
        "path": MetadataValue.path(snapshot.path),
        "rows": sum(snapshot.tables.values()),
        "tables": MetadataValue.md(f"| table | rows |\n|:--|--:|\n{tables}"),
        "scores": MetadataValue.md(distribution),
    }
