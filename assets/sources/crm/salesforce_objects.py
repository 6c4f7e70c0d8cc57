"""Salesforce's objects as raw tables, and the fields that fill the columns in which orgs differ."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

from assets.sources.api.field_mapping import MAPPED, mapped, several
from assets.sources.api.tables import Column, Table, at, flag, identifier, number, on, text, whole_number

# Salesforce shows a record under the moment its transaction began, so it may appear behind later ones.
OVERLAP = timedelta(minutes=10)
# The simulated org's fields; TIERLINE_SALESFORCE_FIELDS names an org's own.
FIELDS = {
    "users": {"product_csm_id": "External_CSM_Id__c", "slack_id": "Slack_Id__c",
              "hours_per_week": "Hours_Per_Week__c", "hourly_cost": "Hourly_Cost__c"},
    "accounts": {
        "product_account_id": "External_Account_Id__c", "csm_id": "OwnerId", "segment": "Segment__c",
        "plan": "Plan__c", "region": "Region__c", "arr": "ARR__c", "currency": "Currency__c",
        "signed_up_at": "Signed_Up_At__c", "contract_started_on": "Contract_Start_Date__c",
        "renewal_on": "Renewal_Date__c", "status": "Type", "churned_on": "Churned_On__c",
        "wants_human": "Wants_Human__c", "has_executive_sponsor": "Has_Executive_Sponsor__c",
        "configuration": "Configuration__c",
    },
    "contacts": {"product_user_id": "External_User_Id__c", "role": "Role__c",
                 "is_champion": "Is_Champion__c", "deactivated_at": "Deactivated_At__c"},
    "opportunities": {"kind": "Type", "currency": "CurrencyIsoCode"},
    "cases": {"first_response_at": "First_Response_At__c", "reopened_at": "Reopened_At__c",
              "first_human_response_at": "First_Human_Response_At__c", "handled_by": "Handled_By__c",
              "csat": "CSAT__c"},
    "tasks": {"minutes": "Minutes__c", "action_id": "External_Action_Id__c"},
    "events": {"minutes": "Minutes__c", "action_id": "External_Action_Id__c"},
}  # fmt: skip


def _api_name(column: str) -> str:
    """`NumberOfEmployees`."""
    return "".join(part.capitalize() for part in column.split("_"))


_own = partial(several, path=_api_name)
_ID_COLUMN = identifier("id", "Id", required=True)
_RECORD = (
    _ID_COLUMN,
    flag("is_deleted", "IsDeleted"),
    *_own(at, "created_date last_modified_date system_modstamp"),
)
_CHANGE = (_ID_COLUMN, flag("is_deleted", "IsDeleted"), *_own(identifier, "opportunity_id created_by_id"))
_ACTIVITY = (
    *_RECORD, *_own(text, "subject"), *_own(identifier, "type owner_id who_id what_id account_id"),
    *_own(on, "activity_date"), *_own(flag, "is_recurrence"), *mapped(number, "minutes"),
    *mapped(identifier, "action_id"),
)  # fmt: skip


@dataclass(frozen=True)
class SObject:
    """An object and its raw table. `is_past`: rows from before `start_on` may stay away."""

    name: str
    table_name: str
    columns: tuple[Column, ...]
    has_history: bool = False
    is_needed: bool = False
    is_past: bool = False
    stamp: str = "SystemModstamp"

    @cached_property
    def table(self) -> Table:
        stamped = next(each.name for each in self.columns if each.path == (self.stamp,))
        return Table(
            self.table_name,
            key=("id",),
            columns=self.columns,
            has_history=self.has_history,
            changed_at=stamped,
            overlap=OVERLAP,
            ignored=("attributes",),
            unversioned=("SystemModstamp", "LastModifiedDate") if self.has_history else (),
        )

    @property
    def own_fields(self) -> tuple[str, ...]:
        return tuple(str(each.path[0]) for each in self.columns if each.path[0] != MAPPED)


OBJECTS = (
    SObject("User", "users", (
        _ID_COLUMN, *_own(at, "created_date last_modified_date system_modstamp"),
        *_own(identifier, "name email username user_type time_zone_sid_key manager_id"),
        *_own(flag, "is_active"), *mapped(identifier, "product_csm_id slack_id"),
        *mapped(number, "hours_per_week hourly_cost")), has_history=True),
    SObject("Account", "accounts", (
        *_RECORD, *_own(text, "name"), *_own(identifier, "website industry"),
        *_own(whole_number, "number_of_employees"), *_own(number, "annual_revenue"),
        *_own(identifier, "type billing_country owner_id parent_id master_record_id"),
        *mapped(identifier, "product_account_id csm_id segment plan region"), *mapped(number, "arr"),
        *mapped(identifier, "currency"), *mapped(at, "signed_up_at"),
        *mapped(on, "contract_started_on renewal_on"), *mapped(identifier, "status"),
        *mapped(on, "churned_on"), *mapped(flag, "wants_human has_executive_sponsor"),
        *mapped(text, "configuration")),
        has_history=True, is_needed=True),
    SObject("Contact", "contacts", (
        *_RECORD, *_own(identifier, "account_id name email title owner_id master_record_id"),
        *_own(flag, "has_opted_out_of_email"), *_own(at, "email_bounced_date"),
        *mapped(identifier, "product_user_id role"), *mapped(flag, "is_champion"),
        *mapped(at, "deactivated_at")), has_history=True),
    SObject("Opportunity", "opportunities", (
        *_RECORD, *_own(identifier, "account_id name stage_name"), *_own(number, "amount"),
        *_own(on, "close_date"), *_own(identifier, "type"), *_own(flag, "is_closed is_won"),
        *_own(identifier, "owner_id"), *_own(number, "probability"), *mapped(identifier, "kind currency")),
        has_history=True),
    SObject("OpportunityHistory", "opportunity_history", (
        *_CHANGE, *_own(identifier, "stage_name"), *_own(number, "amount probability"),
        *_own(on, "close_date"), *_own(at, "created_date system_modstamp")), is_past=True),
    SObject("OpportunityFieldHistory", "opportunity_field_history", (
        *_CHANGE, *_own(identifier, "field"), *_own(text, "old_value new_value"),
        *_own(at, "created_date")), is_past=True, stamp="CreatedDate"),
    SObject("Case", "cases", (
        *_RECORD, *_own(identifier, "case_number account_id contact_id contact_email supplied_email"),
        *_own(text, "subject"), *_own(identifier, "status priority origin type reason owner_id"),
        *_own(flag, "is_closed is_escalated"), *_own(at, "closed_date"),
        *mapped(at, "first_response_at first_human_response_at reopened_at"),
        *mapped(identifier, "handled_by"), *mapped(number, "csat")), is_past=True),
    SObject("Task", "tasks", (
        *_ACTIVITY, *_own(identifier, "task_subtype status priority"), *_own(at, "completed_date_time"),
        *_own(flag, "is_closed"), *_own(whole_number, "call_duration_in_seconds")), is_past=True),
    SObject("Event", "events", (
        *_ACTIVITY, *_own(identifier, "event_subtype"), *_own(at, "start_date_time end_date_time"),
        *_own(whole_number, "duration_in_minutes"), *_own(flag, "is_all_day_event is_child")),
        is_past=True),
)  # fmt: skip
