"""Suites for Totango's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, rows_without

SCHEMA = "raw_totango"


def accounts(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("name"),
        between("contract_value", 0),
        between("engagement_score", 0, 100),
        in_order("contract_start_date", "contract_renewal_date"),
    ]


def users(bounds: Bounds) -> list[Expectation]:
    return [
        *key("account_name", "name"),
        in_order("first_activity_time", "last_activity_time"),
        rows_without(
            f"select * from {{batch}} where account_name not in (select name from {SCHEMA}.accounts)",
            "account_name is an account",
        ),
        *not_in_future("last_activity_time", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {"accounts": accounts, "users": users}
