"""Suites for what customers ask, what they are answered, and what they think of it."""

from great_expectations.expectations.expectation import Expectation

from assets.checks.rules import (
    CRITICAL,
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


def tickets(bounds: Bounds) -> list[Expectation]:
    return [
        *key("ticket_id"),
        required("created_at"),
        required("account_id"),
        refers_to("account_id", "accounts"),
        one_of("handled_by", ("ai", "agent", "csm")),
        *not_in_future("created_at", bounds),
        in_order("created_at", "first_response_at"),
        in_order("created_at", "first_human_response_at"),
        in_order("created_at", "solved_at"),
        in_order("created_at", "reopened_at"),
    ]


def ai_conversations(bounds: Bounds) -> list[Expectation]:
    return [
        *key("conversation_id"),
        required("started_at"),
        required("account_id"),
        refers_to("account_id", "accounts"),
        one_of("outcome", ("confirmed_resolved", "assumed_resolved", "escalated", "abandoned")),
        between("confidence", 0, 1),
        *not_in_future("started_at", bounds),
        in_order("started_at", "first_answer_at"),
        in_order("started_at", "escalated_at"),
        in_order("started_at", "resolved_at"),
    ]


def survey_responses(bounds: Bounds) -> list[Expectation]:
    return [
        *key("response_id"),
        required("submitted_at"),
        required("account_id"),
        required("kind"),
        required("score"),
        refers_to("account_id", "accounts"),
        one_of("kind", ("nps", "csat")),
        rows_without(
            "select * from {batch} where kind = 'nps' and score not between 0 and 10",
            "an NPS answer is between 0 and 10",
            severity=CRITICAL,
        ),
        *not_in_future("submitted_at", bounds),
    ]
