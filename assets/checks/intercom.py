"""Suites for Intercom's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import points_to
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_intercom"
_RATINGS = (1, 5)


def admins(bounds: Bounds) -> list[Expectation]:
    return [*key("id")]


def companies(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        between("size", 0),
        between("monthly_spend", 0),
        between("user_count", 0),
        rows_without(
            "select company_id from {batch} where company_id is not null group by all having count(*) > 1",
            "no two companies have the same id of the product",
        ),
        *not_in_future("updated_at", bounds),
    ]


def contacts(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("updated_at"),
        points_to(SCHEMA, "company_id", "companies"),
        rows_without(
            "select * from {batch} where role not in ('user', 'lead')", "role is user or lead, or empty"
        ),
        *not_in_future("updated_at", bounds),
    ]


def standing_contacts(bounds: Bounds) -> list[Expectation]:
    return [required("id"), points_to(SCHEMA, "id", "contacts")]


def conversations(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("created_at"),
        required("updated_at"),
        points_to(SCHEMA, "admin_assignee_id", "admins"),
        between("rating", *_RATINGS),
        between("ai_agent_rating", *_RATINGS),
        in_order("created_at", "first_admin_reply_at"),
        in_order("created_at", "last_close_at"),
        in_order("created_at", "updated_at"),
        rows_without(
            "select * from {batch} where state not in ('open', 'closed', 'snoozed')",
            "state is open, closed or snoozed, or empty",
        ),
        rows_without(
            "select * from {batch} where ai_agent_resolution_state not in"
            " ('assumed_resolution', 'confirmed_resolution', 'routed_to_team', 'abandoned')",
            "the AI agent's resolution state is one of the four that are known, or empty",
        ),
        *not_in_future("updated_at", bounds),
    ]


def conversation_parts(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("conversation_id"),
        required("created_at"),
        points_to(SCHEMA, "conversation_id", "conversations"),
        *not_in_future("created_at", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "admins": admins,
    "companies": companies,
    "contacts": contacts,
    "standing_contacts": standing_contacts,
    "conversations": conversations,
    "conversation_parts": conversation_parts,
}
