"""Rules about tables that hold a system's records: their versions (scd2), and what they point to."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import CRITICAL, required, rows_without


def one_open_version(column: str) -> list[Expectation]:
    """`column` identifies the record: at most one version of it is open, and none ends before it begins."""
    return [
        required(column),
        rows_without(
            f"select {column} from {{batch}} where _dlt_valid_to is null"
            f" group by {column} having count(*) > 1",
            f"{column} has at most one open version",
            severity=CRITICAL,
        ),
        rows_without(
            "select * from {batch} where _dlt_valid_to < _dlt_valid_from",
            "no version ends before it begins",
            severity=CRITICAL,
        ),
    ]


def points_to(schema: str, column: str, table: str) -> Expectation:
    """A warning: who reads may not be allowed to see all, and what was purged is still named.

    Nothing is asked while `table` is empty.
    """
    return rows_without(
        f"select * from {{batch}} where {column} is not null"
        f" and exists (select 1 from {schema}.{table})"
        f" and {column} not in (select id from {schema}.{table})",
        f"{column} is an id of {table}, or empty",
    )
