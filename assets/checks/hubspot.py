"""Suites for HubSpot's raw tables."""

from collections.abc import Callable

from great_expectations.expectations.expectation import Expectation

from assets.checks.records import one_open_version, points_to
from assets.checks.rules import Bounds, between, in_order, key, not_in_future, required, rows_without

SCHEMA = "raw_hubspot"


def companies(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("archived"),
        between("numberofemployees", 0),
        between("arr", 0),
        points_to(SCHEMA, "hubspot_owner_id", "owners"),
        points_to(SCHEMA, "hs_parent_company_id", "companies"),
        *not_in_future("updated_at", bounds),
    ]


def contacts(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("archived"),
        points_to(SCHEMA, "company_id", "companies"),
        *not_in_future("updated_at", bounds),
    ]


def deals(bounds: Bounds) -> list[Expectation]:
    return [
        *one_open_version("id"),
        required("archived"),
        points_to(SCHEMA, "company_id", "companies"),
        rows_without(
            "select * from {batch} where hs_is_closed_won and not hs_is_closed", "what is won is closed"
        ),
        *not_in_future("updated_at", bounds),
    ]


def deal_property_history(bounds: Bounds) -> list[Expectation]:
    return [
        *key("deal_id", "property", "changed_at"),
        points_to(SCHEMA, "deal_id", "deals"),
        *not_in_future("changed_at", bounds),
    ]


def tickets(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        required("created_at"),
        points_to(SCHEMA, "company_id", "companies"),
        in_order("created_at", "closed_date"),
        in_order("created_at", "first_agent_reply_date"),
        *not_in_future("created_at", bounds),
    ]


def owners(bounds: Bounds) -> list[Expectation]:
    return [*key("id"), required("archived"), *not_in_future("updated_at", bounds)]


def _activity(bounds: Bounds) -> list[Expectation]:
    return [
        *key("id"),
        between("minutes", 0),
        points_to(SCHEMA, "hubspot_owner_id", "owners"),
        points_to(SCHEMA, "company_id", "companies"),
        *not_in_future("updated_at", bounds),
    ]


def tasks(bounds: Bounds) -> list[Expectation]:
    return _activity(bounds)


def meetings(bounds: Bounds) -> list[Expectation]:
    return [*_activity(bounds), in_order("hs_meeting_start_time", "hs_meeting_end_time")]


def calls(bounds: Bounds) -> list[Expectation]:
    return [*_activity(bounds), between("hs_call_duration", 0)]


def notes(bounds: Bounds) -> list[Expectation]:
    return _activity(bounds)


RULES: dict[str, Callable[[Bounds], list[Expectation]]] = {
    "companies": companies,
    "contacts": contacts,
    "deals": deals,
    "deal_property_history": deal_property_history,
    "tickets": tickets,
    "owners": owners,
    "tasks": tasks,
    "meetings": meetings,
    "calls": calls,
    "notes": notes,
}
