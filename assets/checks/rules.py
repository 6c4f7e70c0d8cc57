"""The rules the suites are written in, each a sentence that ends up in front of a person when it is broken.

`critical` rules stop the run before anything is built; `warning` rules are reported and let it go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from great_expectations.expectations.core.expect_column_pair_values_to_be_equal import (
    ExpectColumnPairValuesToBeEqual,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_be_unique import (
    ExpectColumnValuesToBeUnique,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from assets.checks.tolerance import Tolerance

SCHEMA = "raw_drop_folder"
CRITICAL, WARNING = FailureSeverity.CRITICAL, FailureSeverity.WARNING


@dataclass(frozen=True)
class Bounds:
    """What a suite is measured against: the moment of checking and what is bearable."""

    now: datetime
    tolerance: Tolerance

    @property
    def latest(self) -> datetime:
        """The last instant an event may carry, UTC without a zone as the warehouse keeps it."""
        skew = timedelta(minutes=self.tolerance.clock_skew_minutes)
        return self.now.astimezone(UTC).replace(tzinfo=None) + skew


def key(*columns: str) -> list[Expectation]:
    return [*(required(column) for column in columns), unique(*columns)]


def unique(*columns: str) -> Expectation:
    """Of several columns nulls are equal: a feature listed twice without a plan is listed twice."""
    if len(columns) == 1:
        return ExpectColumnValuesToBeUnique(
            column=columns[0],
            severity=CRITICAL,
            description=f"{columns[0]} is unique among rows not flagged as duplicates",
        )
    return rows_without(
        f"select {', '.join(columns)} from {{batch}} group by all having count(*) > 1",
        f"{', '.join(columns)} together are unique among rows not flagged as duplicates",
        severity=CRITICAL,
    )


def required(column: str) -> Expectation:
    return ExpectColumnValuesToNotBeNull(column=column, severity=CRITICAL, description=f"{column} is given")


def one_of(column: str, values: Sequence[str]) -> Expectation:
    return ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        severity=CRITICAL,
        description=f"{column} is one of {', '.join(values)}, or empty",
    )


def between(
    column: str, low: float, high: float | None = None, *, severity: FailureSeverity = CRITICAL
) -> Expectation:
    upper = "" if high is None else f" and at most {high:g}"
    return ExpectColumnValuesToBeBetween(
        column=column,
        min_value=low,
        max_value=high,
        severity=severity,
        description=f"{column} is at least {low:g}{upper}, or empty",
    )


def not_in_future(column: str, bounds: Bounds) -> list[Expectation]:
    """A few early clocks are a warning; many mean that a date format or time zone was misread."""
    bearable = bounds.tolerance.max_future_ratio
    return [
        ExpectColumnValuesToBeBetween(
            column=column,
            max_value=bounds.latest,
            severity=WARNING,
            description=f"{column} is not later than now",
        ),
        ExpectColumnValuesToBeBetween(
            column=column,
            max_value=bounds.latest,
            mostly=1 - bearable,
            severity=CRITICAL,
            description=f"{column} is later than now in at most {bearable:.0%} of the rows"
            " (more would mean a misread date format or time zone)",
        ),
    ]


def refers_to(column: str, table: str, *, severity: FailureSeverity = CRITICAL) -> Expectation:
    """`column`, where given, names a row of `table`; nothing is asked while `table` is empty."""
    target = "csm_id" if table == "csms" else f"{table.removesuffix('s')}_id"
    return rows_without(
        f"select * from {{batch}} where {column} is not null"
        f" and exists (select 1 from {SCHEMA}.{table})"
        f" and {column} not in (select {target} from {SCHEMA}.{table} where not _is_duplicate)",
        f"{column} names a row of {table}, or is empty",
        severity=severity,
    )


def in_order(earlier: str, later: str) -> Expectation:
    return rows_without(
        f"select * from {{batch}} where {later} < {earlier}",
        f"{later} is not before {earlier}",
        severity=WARNING,
    )


def rows_without(query: str, description: str, *, severity: FailureSeverity = WARNING) -> Expectation:
    """`query` selects the rows that break the rule. It is a format string: `{batch}` is the suite's table."""
    return UnexpectedRowsExpectation(unexpected_rows_query=query, description=description, severity=severity)


def accounted_for(bounds: Bounds) -> list[Expectation]:
    """Nothing lost between the files and the table, and not too much set aside; over the row of `account`."""
    tolerance = bounds.tolerance
    return [
        ExpectColumnValuesToBeBetween(
            column="rows_lost",
            min_value=0,
            max_value=0,
            severity=CRITICAL,
            description="rows in = loaded + duplicate + quarantined, for every file",
        ),
        *(
            ExpectColumnPairValuesToBeEqual(
                column_A=counted,
                column_B=held,
                severity=CRITICAL,
                description=f"the files' account has as many rows {counted} as are {held.replace('_', ' ')}",
            )
            for counted, held in (
                ("loaded", "in_the_table"),
                ("duplicate", "flagged_in_the_table"),
                ("quarantined", "in_the_quarantine"),
            )
        ),
        _at_most("quarantined_ratio", tolerance.max_quarantined_ratio, "of the rows are quarantined"),
        _at_most("duplicate_ratio", tolerance.max_duplicate_ratio, "of the rows are duplicates"),
    ]


def account(table: str) -> str:
    """The query whose one row says what the files of `table` gave, and what the database holds of it."""
    return f"""
        select
            files.*,
            quarantined / greatest(rows_in, 1) as quarantined_ratio,
            duplicate / greatest(rows_in, 1) as duplicate_ratio,
            (select count(*) from {SCHEMA}.{table} where not _is_duplicate) as in_the_table,
            (select count(*) from {SCHEMA}.{table} where _is_duplicate) as flagged_in_the_table,
            (select count(*) from {SCHEMA}._quarantine where source_table = '{table}') as in_the_quarantine
        from (
            select
                coalesce(sum(rows_in), 0)::bigint as rows_in,
                coalesce(sum(rows_loaded), 0)::bigint as loaded,
                coalesce(sum(rows_duplicate), 0)::bigint as duplicate,
                coalesce(sum(rows_quarantined), 0)::bigint as quarantined,
                coalesce(
                    sum(abs(rows_in - rows_loaded - rows_duplicate - rows_quarantined)), 0
                )::bigint as rows_lost
            from raw_tierline.files
            where source = 'drop_folder' and table_name = '{table}'
        ) as files
    """


def loads_accounted_for(bounds: Bounds) -> list[Expectation]:
    """Nothing lost between a system and its table, and not too much set aside; over `load_account`'s row.

    How many rows came twice is not judged: a system may give what changed once more with every page.
    """
    return [
        ExpectColumnValuesToBeBetween(
            column="rows_lost",
            min_value=0,
            max_value=0,
            severity=CRITICAL,
            description="rows in = loaded + duplicate + quarantined, for every load",
        ),
        _at_most(
            "quarantined_ratio",
            bounds.tolerance.max_quarantined_ratio,
            "of the rows of the last load that had any are quarantined",
        ),
    ]


def load_account(system: str, table: str) -> str:
    """The query whose one row says where the rows of a system's loads went."""
    return f"""
        select
            coalesce(
                sum(abs(rows_in - rows_loaded - rows_duplicate - rows_quarantined)), 0
            )::bigint as rows_lost,
            coalesce(
                max_by(rows_quarantined / rows_in, load_id) filter (rows_in > 0), 0
            ) as quarantined_ratio
        from raw_tierline.loads
        where source = '{system}' and table_name = '{table}'
    """


def _at_most(column: str, bearable: float, words: str) -> Expectation:
    return ExpectColumnValuesToBeBetween(
        column=column, max_value=bearable, severity=WARNING, description=f"at most {bearable:.0%} {words}"
    )
