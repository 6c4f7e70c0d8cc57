"""Suites for what people do in the product, what it offers, and how its code changes."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import Bounds, between, key, not_in_future, one_of, refers_to, required, unique


def usage_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("event_id"),
        required("occurred_at"),
        required("event"),
        required("account_id"),
        refers_to("account_id", "accounts"),
        one_of("channel", ("ui", "api", "mobile", "integration")),
        between("quantity", 0),
        *not_in_future("occurred_at", bounds),
    ]


def features(bounds: Bounds) -> list[Expectation]:
    return [required("feature"), unique("feature", "plan")]


def code_changes(bounds: Bounds) -> list[Expectation]:
    return [
        *key("repository", "path", "commit_sha"),
        required("committed_at"),
        *not_in_future("committed_at", bounds),
    ]
