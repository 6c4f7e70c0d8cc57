"""Suites for Zendesk's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version, points_to
from assets.checks.rules import Bounds, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_zendesk"


def ticket_fields(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), required("title")]


def organizations(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("updated_at"),
        in_order("created_at", "updated_at"),
        rows_without(
            "select external_id from {batch} where external_id is not null and _dlt_valid_to is null"
            " and deleted_at is null group by all having count(*) > 1",
            "no two organizations have the same external id",
        ),
        *not_in_future("updated_at", bounds),
    ]


def users(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("updated_at"),
        points_to(SCHEMA, "organization_id", "organizations"),
        rows_without(
            "select * from {batch} where role not in ('end-user', 'agent', 'admin')",
            "role is end-user, agent or admin, or empty",
        ),
        *not_in_future("updated_at", bounds),
    ]


def tickets(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("status"),
        in_order("created_at", "updated_at"),
        points_to(SCHEMA, "requester_id", "users"),
        points_to(SCHEMA, "organization_id", "organizations"),
        rows_without(
            "select * from {batch} where status not in"
            " ('new', 'open', 'pending', 'hold', 'solved', 'closed', 'deleted')",
            "status is one of Zendesk's seven",
        ),
        *not_in_future("updated_at", bounds),
    ]


def ticket_comments(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("ticket_id"),
        points_to(SCHEMA, "ticket_id", "tickets"),
        rows_without("select * from {batch} where is_public is null", "each comment is public or internal"),
        *not_in_future("created_at", bounds),
    ]


def ticket_metric_events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("ticket_id"),
        points_to(SCHEMA, "ticket_id", "tickets"),
        rows_without(
            "select ticket_id from {batch} where metric = 'requester_wait_time' and type = 'fulfill'"
            " and ticket_id not in (select ticket_id from {batch} where type = 'activate')",
            "no clock stops that never ran",
        ),
        *not_in_future("time", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "ticket_fields": ticket_fields,
    "organizations": organizations,
    "users": users,
    "tickets": tickets,
    "ticket_comments": ticket_comments,
    "ticket_metric_events": ticket_metric_events,
}
