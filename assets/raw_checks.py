"""Great Expectations suites over the raw tables as asset checks; a failing one stops what follows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    DagsterInstance,
    MetadataValue,
    RetryPolicy,
    TableRecord,
    multi_asset_check,
)
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from assets.checks.tolerance import Tolerance
from assets.drop_folder import TABLE_KEYS
from assets.failures import final
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.telling import telling

if TYPE_CHECKING:
    from assets.checks.validation import Verdict

CHECK = "expectations"


def raw_checks(tolerance: Tolerance, *, retry_policy: RetryPolicy) -> AssetChecksDefinition:
    """One check per raw table, all in one step: Great Expectations is imported once, inside it."""

    @multi_asset_check(
        name="check_raw_tables",
        specs=[
            AssetCheckSpec(
                CHECK, asset=key, blocking=True, description=f"The suite of `{table}` in `assets/checks/`."
            )
            for table, key in TABLE_KEYS.items()
        ],
        can_subset=True,
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def check_raw_tables(
        context: AssetCheckExecutionContext, workplace: Workplace
    ) -> Iterator[AssetCheckResult]:
        # Great Expectations takes seconds to import, and only this step needs it.
        from assets.checks.rules import Bounds  # noqa: PLC0415
        from assets.checks.validation import raw_tables  # noqa: PLC0415

        selected = {check.asset_key for check in context.selected_asset_check_keys}
        tables = [table for table, key in TABLE_KEYS.items() if key in selected]
        bounds = Bounds(now=datetime.now(UTC), tolerance=tolerance)
        # Waits for whoever holds the database; Great Expectations itself would fail at once.
        with workplace.warehouse():
            pass
        rules = 0
        with final():
            for verdict in raw_tables(workplace.home.warehouse, tables, bounds):
                rules += verdict.rules
                yield _result(verdict)
        telling(context.log)(f"{rules} rules checked over {len(tables)} tables")

    return check_raw_tables


def failed_raw_checks(instance: DagsterInstance) -> list[str]:
    """The raw tables whose last blocking check failed."""
    keys = {AssetCheckKey(key, CHECK): table for table, key in TABLE_KEYS.items()}
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    return sorted(keys[check] for check, record in latest.items() if _is_blocking_failure(record))


def _is_blocking_failure(record: AssetCheckExecutionRecord) -> bool:
    evaluation = record.event.dagster_event if record.event else None
    if evaluation is None:
        return False
    result = evaluation.asset_check_evaluation_data
    return not result.passed and result.severity is AssetCheckSeverity.ERROR


def _result(verdict: "Verdict") -> AssetCheckResult:
    failed = verdict.outcome == "failed"
    broken = [
        TableRecord({"rule": each.rule, "found": each.found, "blocking": each.is_blocking})
        for each in verdict.broken
    ]
    return AssetCheckResult(
        check_name=CHECK,
        asset_key=TABLE_KEYS[verdict.table],
        passed=not verdict.broken,
        severity=AssetCheckSeverity.ERROR if failed else AssetCheckSeverity.WARN,
        description=_description(verdict),
        metadata={
            "outcome": verdict.outcome,
            "rows": verdict.rows,
            "rules": verdict.rules,
            **({"broken rules": MetadataValue.table(broken)} if broken else {}),
        },
    )


def _description(verdict: "Verdict") -> str:
    """One line for people: the worst rule broken, what was found, and what to do."""
    if not verdict.broken:
        return "not given" if not verdict.is_given else f"{verdict.rules} rules hold"
    worst = next((each for each in verdict.broken if each.is_blocking), verdict.broken[0])
    more = f" (and {len(verdict.broken) - 1} more)" if len(verdict.broken) > 1 else ""
    return (
        f"rule broken: {worst.rule}; {worst.found}{more}."
        f" Correct {verdict.table} in the input or its mapping, and run again"
    )
