"""Running the suites on the working database, through Great Expectations' SQL engine.

The connections are closed when `raw_tables` ends: a database somebody holds open cannot be opened by dbt.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import great_expectations as gx
from great_expectations.core import ExpectationSuite
from great_expectations.data_context.types.base import ProgressBarsConfig
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from assets.checks.rules import Bounds, account, load_account
from assets.checks.suites import DROP_FOLDER, account_suite, rows_suite

_SHOWN_VALUES = 5

Outcome = Literal["passed", "warned", "failed", "not given"]


@dataclass(frozen=True)
class Broken:
    """One rule that does not hold: what it says, and what was found instead."""

    rule: str
    found: str
    is_blocking: bool


@dataclass(frozen=True)
class Verdict:
    """What a suite found out about one table. `rows` leaves out the ones flagged as duplicates."""

    table: str
    rows: int
    rules: int
    broken: list[Broken] = field(default_factory=list)
    is_given: bool = True

    @property
    def outcome(self) -> Outcome:
        if any(broken.is_blocking for broken in self.broken):
            return "failed"
        if self.broken:
            return "warned"
        return "passed" if self.is_given else "not given"


def raw_tables(
    warehouse: Path,
    tables: Iterable[str],
    bounds: Bounds,
    *,
    system: str = DROP_FOLDER,
    mandatory: str | None = None,
) -> Iterator[Verdict]:
    """Validate a system's `tables` one after the other. One that has no rows passes, and says so.

    `mandatory`: the table without whose rows nothing can be done.
    """
    with _source(warehouse) as source:
        engine = source.get_execution_engine().engine
        for table in tables:
            rows, rows_in = _counts(engine, system, table)
            rules: list[tuple[str, ExpectationSuite]] = []
            if rows:
                rules.append((_rows(system, table), rows_suite(system, table, bounds)))
            if rows or rows_in:
                query = account(table) if system == DROP_FOLDER else load_account(system, table)
                rules.append((query, account_suite(system, table, bounds)))
            broken = [found for query, suite in rules for found in _validate(source, query, suite)]
            if not rows and (rows_in or table == mandatory):
                broken.append(_empty(table, rows_in, is_blocking=table == mandatory))
            count = sum(len(suite.expectations) for _, suite in rules)
            yield Verdict(table, rows, count, broken, is_given=bool(rows or rows_in))


def _rows(system: str, table: str) -> str:
    kept = "where not _is_duplicate" if system == DROP_FOLDER else ""
    return f"select * from raw_{system}.{table} {kept}".rstrip()


def _empty(table: str, rows_in: int, *, is_blocking: bool) -> Broken:
    found = f"all {rows_in} rows read were set aside; the quarantine says why" if rows_in else "it has none"
    return Broken(f"{table} has rows", found, is_blocking=is_blocking)


@contextmanager
def _source(warehouse: Path) -> Iterator[Any]:
    # Read when a context is made; nothing here phones home.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_sql(
        "warehouse",
        connection_string=URL.create("duckdb", database=str(warehouse)).render_as_string(hide_password=False),
        create_temp_table=False,
        kwargs={"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True},
    )
    try:
        yield source
    finally:
        # It keeps two engines, one for asking what there is and one for validating.
        with closing(source.get_execution_engine()) as execution:
            execution.engine.dispose()
        source.get_engine().dispose()


def _counts(engine: Engine, system: str, table: str) -> tuple[int, int]:
    """Rows that stand, and rows that ever came; nothing for a table that nothing was loaded into yet."""
    log = "files" if system == DROP_FOLDER else "loads"
    with engine.connect() as connection:
        given: int = connection.execute(
            text("select count(*) from duckdb_tables() where schema_name = :schema and table_name = :name"),
            {"schema": f"raw_{system}", "name": table},
        ).scalar_one()
        if not given:
            return 0, 0
        rows: int = connection.execute(text(f"select count(*) from ({_rows(system, table)})")).scalar_one()
        rows_in: int = connection.execute(
            text(
                f"select coalesce(sum(rows_in), 0) from raw_tierline.{log}"
                " where source = :system and table_name = :name"
            ),
            {"system": system, "name": table},
        ).scalar_one()
    return rows, int(rows_in)


def _validate(source: Any, query: str, suite: ExpectationSuite) -> list[Broken]:
    asset = source.add_query_asset(suite.name, query=query)
    batch = asset.add_batch_definition_whole_table(suite.name).get_batch()
    result = batch.validate(
        suite, result_format={"result_format": "BASIC", "partial_unexpected_count": _SHOWN_VALUES}
    )
    return [_broken(each) for each in result.results if not each.success]


def _broken(result: Any) -> Broken:
    configuration = result.expectation_config
    return Broken(
        rule=str(configuration.description),
        found=_found(result),
        # A rule that could not even be asked must not count as kept.
        is_blocking=str(configuration.severity.value) == "critical" or _raised(result) is not None,
    )


def _found(result: Any) -> str:
    raised = _raised(result)
    if raised is not None:
        return f"the rule could not be checked: {raised}"
    details = result.result
    if "unexpected_count" in details:
        values = ", ".join(dict.fromkeys(str(value) for value in details.get("partial_unexpected_list", [])))
        return f"{details['unexpected_count']} rows break it" + (f", such as {values}" if values else "")
    return f"{details.get('observed_value', 'some')} rows break it"


def _raised(result: Any) -> str | None:
    """The error a rule ended in. Great Expectations gives it flat, or keyed by metric."""
    information = result.exception_info or {}
    entries = [information] if "raised_exception" in information else list(information.values())
    messages = [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]
    return messages[0] if messages else None
