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

from assets.checks.rules import SCHEMA, Bounds, account
from assets.checks.suites import account_suite, rows_suite

_MANDATORY = "accounts"
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


def raw_tables(warehouse: Path, tables: Iterable[str], bounds: Bounds) -> Iterator[Verdict]:
    """Validate `tables` one after the other. An optional table that nobody gave passes, and says so."""
    with _source(warehouse) as source:
        engine = source.get_execution_engine().engine
        for table in tables:
            rows, rows_in = _counts(engine, table)
            rules: list[tuple[str, ExpectationSuite]] = []
            if rows:
                rules.append(
                    (f"select * from {SCHEMA}.{table} where not _is_duplicate", rows_suite(table, bounds))
                )
            if rows or rows_in:
                rules.append((account(table), account_suite(table, bounds)))
            broken = [found for query, suite in rules for found in _validate(source, query, suite)]
            if not rows and (rows_in or table == _MANDATORY):
                broken.append(_empty(table, rows_in))
            count = sum(len(suite.expectations) for _, suite in rules)
            yield Verdict(table, rows, count, broken, is_given=bool(rows or rows_in))


def _empty(table: str, rows_in: int) -> Broken:
    found = f"all {rows_in} rows read were set aside; the quarantine says why" if rows_in else "it has none"
    return Broken(f"{table} has rows", found, is_blocking=table == _MANDATORY)


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


def _counts(engine: Engine, table: str) -> tuple[int, int]:
    with engine.connect() as connection:
        rows: int = connection.execute(
            text(f"select count(*) from {SCHEMA}.{table} where not _is_duplicate")
        ).scalar_one()
        rows_in: int = connection.execute(
            text(
                "select coalesce(sum(rows_in), 0) from raw_tierline.files"
                " where source = 'drop_folder' and table_name = :name"
            ),
            {"name": table},
        ).scalar_one()
    return int(rows), int(rows_in)


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
