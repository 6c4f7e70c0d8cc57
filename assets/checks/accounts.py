"""Suites for the customers and the people who work there."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import (
    WARNING,
    Bounds,
    between,
    in_order,
    key,
    not_in_future,
    one_of,
    refers_to,
    required,
    rows_without,
)


def accounts(bounds: Bounds) -> list[Expectation]:
    return [
        *key("account_id"),
        required("name"),
        one_of("segment", ("smb", "mid_market", "enterprise")),
        one_of("status", ("active", "churned")),
        between("arr", 0),
        between("employees", 0),
        *not_in_future("signed_up_at", bounds),
        in_order("contract_started_on", "churned_on"),
        refers_to("csm_id", "csms", severity=WARNING),
        refers_to("parent_account_id", "accounts", severity=WARNING),
        rows_without(
            "select * from {batch} where currency is not null"
            " and (length(currency) <> 3 or currency <> upper(currency))",
            "currency is a three-letter ISO 4217 code, or empty",
        ),
        rows_without(
            "select * from {batch} where left(ltrim(configuration), 1) in ('{{', '[')"
            " and not json_valid(configuration)",
            "a configuration that begins as JSON is whole",
        ),
        rows_without(
            "select * from {batch} where (status = 'churned') <> (churned_on is not null)",
            "a churned account says when it churned, and only a churned one does",
        ),
    ]


def users(bounds: Bounds) -> list[Expectation]:
    return [
        *key("user_id"),
        required("account_id"),
        refers_to("account_id", "accounts"),
        *not_in_future("created_at", bounds),
        in_order("created_at", "deactivated_at"),
        rows_without(
            "select * from {batch} where email not like '%_@_%'",
            "email looks like an address, or is empty",
        ),
    ]
