"""Great Expectations suites over the raw tables as asset checks; a failing one stops what follows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    MetadataValue,
    RetryPolicy,
    TableRecord,
    multi_asset_check,
)
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from assets.checks.tolerance import Tolerance
from assets.failures import final
from assets.raw_tables import raw_key
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.telling import telling

if TYPE_CHECKING:
    from assets.checks.validation import Verdict

CHECK = "expectations"
_EVALUATED = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def raw_checks(
    system: str,
    tables: Sequence[str],
    tolerance: Tolerance,
    *,
    mandatory: str | None = None,
    retry_policy: RetryPolicy,
) -> AssetChecksDefinition:
    """One check per raw table of a system, all in one step: a system that is down holds up no other's.

    `mandatory`: the table that must have rows.
    """
    keys = {table: raw_key(system, table) for table in tables}

    @multi_asset_check(
        name=f"check_{system}",
        specs=[
            AssetCheckSpec(
                CHECK,
                asset=key,
                blocking=True,
                description=f"The suite of {system}'s `{table}`, in `assets/checks/`.",
            )
            for table, key in keys.items()
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
        asked = [table for table, key in keys.items() if key in selected]
        bounds = Bounds(now=datetime.now(UTC), tolerance=tolerance)
        # Waits for whoever holds the database; Great Expectations itself would fail at once.
        with workplace.warehouse():
            pass
        rules = 0
        with final():
            for verdict in raw_tables(
                workplace.home.warehouse, asked, bounds, system=system, mandatory=mandatory
            ):
                rules += verdict.rules
                yield _result(verdict, keys[verdict.table])
        telling(context.log)(f"{rules} rules checked over {len(asked)} tables")

    return check_raw_tables


def failed_raw_checks(instance: DagsterInstance, raw_tables: Iterable[AssetKey]) -> list[str]:
    """The raw tables whose last blocking check failed; one that was planned and never came does not count."""
    storage = instance.event_log_storage
    latest = storage.get_latest_asset_check_execution_by_key(
        [AssetCheckKey(key, CHECK) for key in raw_tables]
    )
    failed = []
    for check, newest in latest.items():
        is_over = newest.status in _EVALUATED
        records = (
            [newest]
            if is_over
            else storage.get_asset_check_execution_history(check, limit=1, status=_EVALUATED)
        )
        if any(_is_blocking_failure(record) for record in records):
            failed.append(".".join(check.asset_key.path))
    return sorted(failed)


def _is_blocking_failure(record: AssetCheckExecutionRecord) -> bool:
    event = record.event.dagster_event if record.event else None
    if event is None or event.event_type is not DagsterEventType.ASSET_CHECK_EVALUATION:
        return False
    result = event.asset_check_evaluation_data
    return not result.passed and result.severity is AssetCheckSeverity.ERROR


def _result(verdict: "Verdict", key: AssetKey) -> AssetCheckResult:
    failed = verdict.outcome == "failed"
    broken = [
        TableRecord({"rule": each.rule, "found": each.found, "blocking": each.is_blocking})
        for each in verdict.broken
    ]
    return AssetCheckResult(
        check_name=CHECK,
        asset_key=key,
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
