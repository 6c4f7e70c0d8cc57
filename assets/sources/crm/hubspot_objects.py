"""HubSpot's objects as raw tables, and the properties that fill the columns in which portals differ."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

from assets.sources.api.field_mapping import mapped, several
from assets.sources.api.tables import Column, Path, Table, at, flag, identifier, nested, number, on, text

# HubSpot's search finds a change only some time after it was made.
OVERLAP = timedelta(minutes=10)
_ACTIVITY_FIELDS = {"minutes": "duration_minutes", "action_id": "external_action_id"}
# The simulated portal's properties; TIERLINE_HUBSPOT_PROPERTIES names a portal's own.
PROPERTIES = {
    "companies": {
        "product_account_id": "external_account_id", "csm_id": "hubspot_owner_id", "segment": "segment",
        "plan": "plan", "region": "region", "arr": "arr", "currency": "currency",
        "signed_up_at": "signed_up_at", "contract_started_on": "contract_start_date",
        "renewal_on": "renewal_date", "status": "lifecyclestage", "churned_on": "churned_on",
        "wants_human": "wants_human", "has_executive_sponsor": "has_executive_sponsor",
        "configuration": "configuration",
    },
    "contacts": {"product_user_id": "external_user_id", "role": "role", "is_champion": "is_champion",
                 "deactivated_at": "deactivated_at"},
    "deals": {"kind": "dealtype"},
    "tickets": {"first_human_response_at": "first_human_response_at", "reopened_at": "reopened_at",
                "handled_by": "handled_by", "is_escalated": "is_escalated", "csat": "csat"},
    "tasks": _ACTIVITY_FIELDS, "meetings": _ACTIVITY_FIELDS, "calls": _ACTIVITY_FIELDS,
    "notes": _ACTIVITY_FIELDS,
}  # fmt: skip

_property = partial(several, path=lambda name: ("properties", name))
# Older properties hold moments as milliseconds since 1970.
_moment: Callable[..., Column] = partial(at, per_second=1000)
_day: Callable[[str, Path], Column] = partial(on, per_second=1000)
_RECORD = (
    identifier("id", required=True),
    at("created_at", "createdAt"),
    at("updated_at", "updatedAt"),
    flag("archived"),
    at("archived_at", "archivedAt"),
)
_COMPANY = (identifier("company_id"), nested("company_ids"))
# Ids of records that were merged into this one. They are in no list any more, not even in the archive.
_MERGED = _property(text, "hs_merged_object_ids")
_ACTIVITY = (
    *_property(_moment, "hs_timestamp"), *_property(identifier, "hubspot_owner_id"), *_COMPANY,
    identifier("contact_id"), *mapped(number, "minutes"), *mapped(identifier, "action_id"),
)  # fmt: skip


@dataclass(frozen=True)
class CrmObject:
    """A type of object and its raw table. `modified`: the property with the moment of its last change.
    `others`: types whose associated records are read along. `is_past`: as of `start_on` is enough.
    """

    name: str
    columns: tuple[Column, ...]
    others: tuple[str, ...] = ()
    has_history: bool = False
    is_needed: bool = False
    is_past: bool = False
    modified: str = "hs_lastmodifieddate"

    @cached_property
    def table(self) -> Table:
        return Table(
            self.name,
            key=("id",),
            columns=(*_RECORD, *self.columns),
            has_history=self.has_history,
            changed_at="updated_at",
            overlap=OVERLAP,
            ignored=("url", "objectWriteTraceId", "associations"),
            unversioned=("updatedAt",) if self.has_history else (),
        )

    @property
    def own_properties(self) -> tuple[str, ...]:
        return tuple(str(each.path[1]) for each in self.columns if each.path[0] == "properties")


OBJECTS = (
    CrmObject("companies", (
        *_property(text, "name"), *_property(identifier, "domain website industry"),
        *_property(number, "numberofemployees annualrevenue"),
        *_property(identifier, "lifecyclestage country hs_parent_company_id hubspot_owner_id"),
        *mapped(identifier, "product_account_id csm_id segment plan region"), *mapped(number, "arr"),
        *mapped(identifier, "currency"), *mapped(_moment, "signed_up_at"),
        *mapped(_day, "contract_started_on renewal_on"), *mapped(identifier, "status"),
        *mapped(_day, "churned_on"), *mapped(flag, "wants_human has_executive_sponsor"),
        *mapped(text, "configuration"), *_MERGED),
        has_history=True, is_needed=True),
    CrmObject("contacts", (
        *_property(identifier, "email firstname lastname jobtitle hubspot_owner_id"),
        *_property(flag, "hs_email_optout"), *_property(identifier, "hs_email_hard_bounce_reason_enum"),
        *_COMPANY,
        *mapped(identifier, "product_user_id role"), *mapped(flag, "is_champion"),
        *mapped(_moment, "deactivated_at"), *_MERGED),
        others=("companies",), has_history=True, modified="lastmodifieddate"),
    CrmObject("deals", (
        *_property(identifier, "dealname dealstage pipeline dealtype deal_currency_code hubspot_owner_id"),
        *_property(number, "amount"), *_property(_moment, "closedate"),
        *_property(flag, "hs_is_closed hs_is_closed_won"), *_COMPANY, *mapped(identifier, "kind"), *_MERGED),
        others=("companies",), has_history=True),
    CrmObject("tickets", (
        *_property(text, "subject"),
        *_property(identifier, "hs_pipeline hs_pipeline_stage hs_ticket_priority hs_ticket_category"
                               " source_type hubspot_owner_id"),
        *_property(_moment, "closed_date first_agent_reply_date"), *_COMPANY, identifier("contact_id"),
        *mapped(_moment, "first_human_response_at reopened_at"), *mapped(identifier, "handled_by"),
        *mapped(flag, "is_escalated"), *mapped(number, "csat"), *_MERGED),
        others=("companies", "contacts"), is_past=True),
    CrmObject("tasks", (
        *_property(text, "hs_task_subject"),
        *_property(identifier, "hs_task_type hs_task_status hs_task_priority"),
        *_property(_moment, "hs_task_completion_date"), *_ACTIVITY),
        others=("companies", "contacts"), is_past=True),
    CrmObject("meetings", (
        *_property(text, "hs_meeting_title"), *_property(identifier, "hs_activity_type hs_meeting_outcome"),
        *_property(_moment, "hs_meeting_start_time hs_meeting_end_time"), *_ACTIVITY),
        others=("companies", "contacts"), is_past=True),
    CrmObject("calls", (
        *_property(text, "hs_call_title"),
        *_property(identifier, "hs_activity_type hs_call_status hs_call_direction"),
        *_property(number, "hs_call_duration"), *_ACTIVITY),
        others=("companies", "contacts"), is_past=True),
    CrmObject("notes", _ACTIVITY, others=("companies", "contacts"), is_past=True),
)  # fmt: skip
# A deal's properties whose versions before the first load are worth a request.
TRACKED = ("dealstage", "amount", "closedate", "hubspot_owner_id", "pipeline")
DEAL_HISTORY = Table(
    "deal_property_history",
    key=("deal_id", "property", "changed_at"),
    columns=(
        identifier("deal_id", required=True),
        identifier("property", required=True),
        _moment("changed_at", "timestamp", required=True),
        text("value"),
        identifier("source_type", "sourceType"),
        identifier("source_id", "sourceId"),
        identifier("changed_by_user_id", "updatedByUserId"),
    ),
    changed_at="changed_at",
    overlap=OVERLAP,
)
OWNERS = Table(
    "owners",
    key=("id",),
    columns=(
        identifier("id", required=True),
        identifier("email"),
        identifier("first_name", "firstName"),
        identifier("last_name", "lastName"),
        identifier("user_id", "userId"),
        identifier("type"),
        at("created_at", "createdAt"),
        at("updated_at", "updatedAt"),
        flag("archived"),
    ),
    is_whole=True,
    ignored=("teams",),
)
