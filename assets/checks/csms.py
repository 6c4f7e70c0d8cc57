"""Suites for the customer-success managers and how they spend their time."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import WARNING, Bounds, between, key, not_in_future, one_of, refers_to, required

_HOURS_IN_A_WEEK = 168
_MINUTES_IN_A_DAY = 1440


def csms(bounds: Bounds) -> list[Expectation]:
    return [
        *key("csm_id"),
        required("name"),
        between("hours_per_week", 0, _HOURS_IN_A_WEEK),
        between("hourly_cost", 0),
        refers_to("manager_id", "csms", severity=WARNING),
    ]


def csm_activities(bounds: Bounds) -> list[Expectation]:
    return [
        *key("activity_id"),
        required("csm_id"),
        required("started_at"),
        required("minutes"),
        one_of("kind", ("ticket", "qbr", "outreach", "onboarding", "renewal", "expansion", "internal")),
        between("minutes", 0),
        between("minutes", 0, _MINUTES_IN_A_DAY, severity=WARNING),
        refers_to("account_id", "accounts"),
        refers_to("csm_id", "csms", severity=WARNING),
        *not_in_future("started_at", bounds),
    ]
