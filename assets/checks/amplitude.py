"""Suites for Amplitude's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks import event_exports
from assets.checks.rules import Bounds

SCHEMA = "raw_amplitude"


def events(bounds: Bounds) -> list[Expectation]:
    return event_exports.events(bounds, key="insert_id", occurred_at="event_time", quantity="quantity")


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "events": events,
    "traits": event_exports.traits,
}
