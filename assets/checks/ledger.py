"""Suites for the action ledger's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import Bounds, between, in_order, key, not_in_future, one_of, required, rows_without

SCHEMA = "raw_ledger"
STATES = ("awaiting_approval", "pending", "sending", "delivered", "failed", "dead", "suppressed", "held")


def deliveries(bounds: Bounds) -> list[Expectation]:
    return [
        *key("action_id"),
        required("channel"),
        required("state"),
        one_of("state", STATES),
        between("attempts", 0),
        in_order("created_at", "first_attempt_at"),
        in_order("first_attempt_at", "delivered_at"),
        rows_without(
            "select * from {batch} where state = 'delivered' and delivered_at is null",
            "what was delivered says when",
        ),
        rows_without(
            "select * from {batch} where mode = 'assisted' and state = 'delivered' and approved_at is null",
            "what was prepared for a person went out with that person's approval",
        ),
        *not_in_future("created_at", bounds),
    ]


def delivery_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("event_id"),
        required("action_id"),
        one_of("from_state", STATES),
        one_of("to_state", STATES),
        rows_without(
            f"select * from {{batch}} where action_id not in (select action_id from {SCHEMA}.deliveries)",
            "every event is of an action in the ledger",
        ),
        *not_in_future("changed_at", bounds),
    ]


def knowledge_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("event_id"),
        required("candidate_id"),
        one_of("verdict", ("approved", "rejected", "exported")),
        rows_without(
            "select * from {batch} where verdict = 'approved' and (question is null or answer is null)",
            "what was approved is there in words",
        ),
        *not_in_future("changed_at", bounds),
    ]


def address_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("event_id"),
        required("email"),
        one_of("kind", ("hard_bounce", "soft_bounce", "complaint", "unsubscribe")),
        *not_in_future("changed_at", bounds),
    ]


def reply_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("event_id"),
        required("action_id"),
        one_of("kind", ("email_reply", "slack_reply")),
        in_order("replied_at", "changed_at"),
        *not_in_future("changed_at", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "deliveries": deliveries,
    "delivery_events": delivery_events,
    "knowledge_events": knowledge_events,
    "address_events": address_events,
    "reply_events": reply_events,
}
