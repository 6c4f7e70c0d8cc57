"""Suites for what customers pay and may pay."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import Bounds, between, in_order, key, not_in_future, one_of, refers_to, required


def subscriptions(bounds: Bounds) -> list[Expectation]:
    return [
        *key("subscription_id"),
        required("account_id"),
        required("started_on"),
        required("mrr"),
        refers_to("account_id", "accounts"),
        between("mrr", 0),
        between("seats", 0),
        in_order("started_on", "ended_on"),
    ]


def invoices(bounds: Bounds) -> list[Expectation]:
    return [
        *key("invoice_id"),
        required("account_id"),
        required("issued_on"),
        required("amount"),
        refers_to("account_id", "accounts"),
        one_of("status", ("draft", "open", "paid", "void", "uncollectible")),
    ]


def opportunities(bounds: Bounds) -> list[Expectation]:
    return [
        *key("opportunity_id"),
        required("account_id"),
        required("kind"),
        refers_to("account_id", "accounts"),
        one_of("kind", ("new", "renewal", "expansion")),
        *not_in_future("created_at", bounds),
    ]


def renewal_forecasts(bounds: Bounds) -> list[Expectation]:
    return [
        *key("account_id", "forecast_at"),
        required("forecast"),
        refers_to("account_id", "accounts"),
        one_of("forecast", ("likely", "at_risk", "unlikely")),
        *not_in_future("forecast_at", bounds),
    ]
