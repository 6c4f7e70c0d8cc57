"""Suites for Delighted's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import points_to
from assets.checks.rules import CRITICAL, Bounds, in_order, key, not_in_future, rows_without

SCHEMA = "raw_delighted"


def survey_responses(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        rows_without(
            "select * from {batch} where survey_type = 'nps' and score not between 0 and 10",
            "an NPS answer is between 0 and 10",
            severity=CRITICAL,
        ),
        rows_without(
            "select * from {batch} where survey_type is null or score is null or created_at is null",
            "a response says of what kind it is, its score and when it was given; others are in no feed",
        ),
        points_to(SCHEMA, "person_id", "people"),
        in_order("created_at", "updated_at"),
        *not_in_future("created_at", bounds),
    ]


def people(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), *not_in_future("created_at", bounds)]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "survey_responses": survey_responses,
    "people": people,
}
