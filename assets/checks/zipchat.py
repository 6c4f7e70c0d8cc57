"""Suites for Zipchat's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import points_to
from assets.checks.rules import Bounds, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_zipchat"


def conversations(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("created_at"),
        in_order("created_at", "last_message_at"),
        in_order("created_at", "last_escalated_at"),
        rows_without(
            f"select * from {{batch}} where id not in (select conversation_id from {SCHEMA}.messages)",
            "every conversation has messages",
        ),
        *not_in_future("last_message_at", bounds),
    ]


def messages(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("conversation_id"),
        required("created_at"),
        points_to(SCHEMA, "conversation_id", "conversations"),
        rows_without(
            "select * from {batch} where role not in ('user', 'assistant')",
            "role is user or assistant, or empty",
        ),
        *not_in_future("created_at", bounds),
    ]


def leads(bounds: Bounds) -> list[Expectation]:
    return [*key("id")]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "conversations": conversations,
    "messages": messages,
    "leads": leads,
}
