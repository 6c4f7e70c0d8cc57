"""Suites for Segment's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks import event_exports
from assets.checks.rules import Bounds

SCHEMA = "raw_segment"


def events(bounds: Bounds) -> list[Expectation]:
    return event_exports.events(bounds, key="message_id", occurred_at="timestamp", quantity="quantity")


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "events": events,
    "traits": event_exports.traits,
}
