"""What HubSpot's objects are called and made of: properties with the types that the properties API tells."""

from typing import Any

TYPES = {
    "companies": "0-2", "contacts": "0-1", "deals": "0-3", "tickets": "0-5", "tasks": "0-27",
    "meetings": "0-47", "calls": "0-48", "notes": "0-46",
}  # fmt: skip
SINGLE = {
    "companies": "company", "contacts": "contact", "deals": "deal", "tickets": "ticket", "tasks": "task",
    "meetings": "meeting", "calls": "call", "notes": "note",
}  # fmt: skip
STANDARD = {
    "companies": "name:string domain:string website:string industry:enumeration numberofemployees:number"
    " annualrevenue:number hubspot_owner_id:enumeration lifecyclestage:enumeration"
    " hs_parent_company_id:number hs_merged_object_ids:enumeration",
    "contacts": "email:string firstname:string lastname:string jobtitle:string hubspot_owner_id:enumeration"
    " hs_email_optout:bool hs_email_hard_bounce_reason_enum:enumeration hs_merged_object_ids:enumeration",
    "deals": "dealname:string dealstage:enumeration amount:number closedate:datetime dealtype:enumeration"
    " hubspot_owner_id:enumeration hs_is_closed:bool hs_is_closed_won:bool pipeline:enumeration"
    " hs_merged_object_ids:enumeration",
    "tickets": "subject:string content:string hs_pipeline:enumeration hs_pipeline_stage:enumeration"
    " hs_ticket_priority:enumeration hs_ticket_category:enumeration source_type:enumeration"
    " hubspot_owner_id:enumeration closed_date:datetime first_agent_reply_date:datetime"
    " hs_merged_object_ids:enumeration",
    "tasks": "hs_timestamp:datetime hs_task_subject:string hs_task_body:string hs_task_status:enumeration"
    " hs_task_priority:enumeration hs_task_type:enumeration hs_task_completion_date:datetime"
    " hubspot_owner_id:enumeration",
    "meetings": "hs_timestamp:datetime hs_meeting_title:string hs_meeting_body:string"
    " hs_meeting_start_time:datetime hs_meeting_end_time:datetime hs_meeting_outcome:enumeration"
    " hs_activity_type:enumeration hubspot_owner_id:enumeration",
    "calls": "hs_timestamp:datetime hs_call_title:string hs_call_body:string hs_call_duration:number"
    " hs_call_status:enumeration hs_activity_type:enumeration hubspot_owner_id:enumeration",
    "notes": "hs_timestamp:datetime hs_note_body:string hubspot_owner_id:enumeration",
}
CUSTOM = {
    "companies": "external_account_id:string plan:enumeration region:enumeration segment:enumeration"
    " arr:number currency:enumeration signed_up_at:datetime contract_start_date:date renewal_date:date"
    " churned_on:date wants_human:bool has_executive_sponsor:bool time_zone:string configuration:string"
    " health_score:number health_tier:enumeration churn_risk:number",
    "contacts": "external_user_id:string is_champion:bool role:enumeration deactivated_at:datetime",
    "deals": "external_opportunity_id:string",
    "tickets": "first_human_response_at:datetime reopened_at:datetime handled_by:enumeration"
    " is_escalated:bool csat:number",
    "tasks": "duration_minutes:number external_action_id:string",
    "meetings": "external_action_id:string",
    "calls": "external_action_id:string",
}
UNIQUE = {
    "companies": ("external_account_id",), "contacts": ("email", "external_user_id"),
    "deals": ("external_opportunity_id",), "tickets": (), "tasks": ("external_action_id",),
    "meetings": ("external_action_id",), "calls": ("external_action_id",), "notes": (),
}  # fmt: skip
SHOWN = {
    "companies": ("name", "domain"), "contacts": ("email", "firstname", "lastname"),
    "deals": ("dealname", "amount", "dealstage", "closedate", "pipeline"),
    "tickets": ("subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category",
                "hs_ticket_priority"),
    "tasks": ("hs_timestamp", "hs_task_subject"), "meetings": ("hs_timestamp", "hs_meeting_title"),
    "calls": ("hs_timestamp", "hs_call_title"), "notes": ("hs_timestamp", "hs_note_body"),
}  # fmt: skip
FIELDS = {"number": "number", "date": "date", "datetime": "date", "enumeration": "select",
          "bool": "booleancheckbox"}  # fmt: skip
TIMED = ("tasks", "meetings", "calls", "notes")  # can't be made without `hs_timestamp`


def modified(kind: str) -> str:
    """The property that holds when a row last changed: contacts have a name of their own for it."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def types(kind: str, more: list[str]) -> dict[str, str]:
    """Type by property. `more`: properties of a settings file, all text."""
    system = f"createdate:datetime {modified(kind)}:datetime hs_object_id:number"
    declared = f"{STANDARD[kind]} {CUSTOM.get(kind, '')} {system}".split()
    return dict(each.partition(":")[::2] for each in declared) | dict.fromkeys(more, "string")


def is_custom(kind: str, name: str) -> bool:
    """Whether the portal defined it rather than HubSpot."""
    return name not in {each.partition(":")[0] for each in STANDARD[kind].split()} | {
        "createdate", modified(kind), "hs_object_id"
    }  # fmt: skip


def described(kind: str, name: str, type_of: str, is_unique: bool) -> dict[str, Any]:
    """A property as the properties API tells it. Which values an enumeration may have is not told."""
    return {
        "name": name, "label": name, "description": "", "type": type_of,
        "fieldType": FIELDS.get(type_of, "text"), "groupName": f"{SINGLE[kind]}information", "options": [],
        "hasUniqueValue": is_unique, "archived": False, "calculated": False,
        "hubspotDefined": not is_custom(kind, name),
    }  # fmt: skip
