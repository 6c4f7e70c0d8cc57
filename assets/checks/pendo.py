"""Suites for Pendo's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks import event_exports
from assets.checks.records import points_to
from assets.checks.rules import Bounds, in_order, key, not_in_future, one_of, required

SCHEMA = "raw_pendo"


def events(bounds: Bounds) -> list[Expectation]:
    return [
        *event_exports.events(bounds, key="event_id", occurred_at="day", quantity="num_events"),
        required("visitor_id"),
    ]


def accounts(bounds: Bounds) -> list[Expectation]:
    return [*key("account_id"), in_order("first_visit", "last_visit")]


def visitors(bounds: Bounds) -> list[Expectation]:
    return [*key("visitor_id"), in_order("first_visit", "last_visit")]


def event_types(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), one_of("kind", ("feature", "page", "track"))]


def polls(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), required("guide_id")]


def poll_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("visitor_id", "poll_id", "browser_time"),
        points_to(SCHEMA, "poll_id", "polls"),
        *not_in_future("browser_time", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "events": events,
    "accounts": accounts,
    "visitors": visitors,
    "event_types": event_types,
    "polls": polls,
    "poll_events": poll_events,
}
