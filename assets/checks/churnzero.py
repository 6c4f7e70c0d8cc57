"""Suites for ChurnZero's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version, points_to
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, required

SCHEMA = "raw_churnzero"


def accounts(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("name"),
        between("total_contract_amount", 0),
        between("primary_churn_score_value", 0, 100),
        in_order("start_date", "end_date"),
        points_to(SCHEMA, "user_account_id", "user_accounts"),
        *not_in_future("object_last_modified_date", bounds),
    ]


def contacts(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        points_to(SCHEMA, "account_id", "accounts"),
        *not_in_future("object_last_modified_date", bounds),
    ]


def tasks(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        points_to(SCHEMA, "account_id", "accounts"),
        points_to(SCHEMA, "user_account_id", "user_accounts"),
        *not_in_future("object_last_modified_date", bounds),
    ]


def user_accounts(bounds: Bounds) -> list[Expectation]:
    return key("id")


def churn_scores(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), required("name")]


def churn_score_calculations(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("account_id"),
        required("score"),
        between("score", 0, 100),
        points_to(SCHEMA, "account_id", "accounts"),
        points_to(SCHEMA, "churn_score_id", "churn_scores"),
        *not_in_future("calculation_day", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "accounts": accounts,
    "contacts": contacts,
    "tasks": tasks,
    "user_accounts": user_accounts,
    "churn_scores": churn_scores,
    "churn_score_calculations": churn_score_calculations,
}
