"""Suites for Salesforce's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version, points_to
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_salesforce"


def accounts(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("name"),
        required("is_deleted"),
        between("number_of_employees", 0),
        between("arr", 0),
        points_to(SCHEMA, "owner_id", "users"),
        points_to(SCHEMA, "parent_id", "accounts"),
        *not_in_future("system_modstamp", bounds),
    ]


def contacts(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("is_deleted"),
        points_to(SCHEMA, "account_id", "accounts"),
        *not_in_future("system_modstamp", bounds),
    ]


def opportunities(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("stage_name"),
        required("is_closed"),
        between("probability", 0, 100),
        points_to(SCHEMA, "account_id", "accounts"),
        rows_without("select * from {batch} where is_won and not is_closed", "what is won is closed"),
        *not_in_future("system_modstamp", bounds),
    ]


def opportunity_history(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("opportunity_id"),
        between("probability", 0, 100),
        *not_in_future("created_date", bounds),
    ]


def opportunity_field_history(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("opportunity_id"),
        required("field"),
        *not_in_future("created_date", bounds),
    ]


def cases(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("created_date"),
        points_to(SCHEMA, "account_id", "accounts"),
        in_order("created_date", "closed_date"),
        in_order("created_date", "first_response_at"),
        in_order("created_date", "first_human_response_at"),
        *not_in_future("created_date", bounds),
    ]


def tasks(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("is_closed"),
        between("minutes", 0),
        between("call_duration_in_seconds", 0),
        points_to(SCHEMA, "owner_id", "users"),
        points_to(SCHEMA, "account_id", "accounts"),
        *not_in_future("system_modstamp", bounds),
    ]


def events(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        between("minutes", 0),
        between("duration_in_minutes", 0),
        in_order("start_date_time", "end_date_time"),
        points_to(SCHEMA, "owner_id", "users"),
        *not_in_future("system_modstamp", bounds),
    ]


def users(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("is_active"),
        between("hours_per_week", 0, 168),
        between("hourly_cost", 0),
        *not_in_future("system_modstamp", bounds),
    ]


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "accounts": accounts,
    "contacts": contacts,
    "opportunities": opportunities,
    "opportunity_history": opportunity_history,
    "opportunity_field_history": opportunity_field_history,
    "cases": cases,
    "tasks": tasks,
    "events": events,
    "users": users,
}
