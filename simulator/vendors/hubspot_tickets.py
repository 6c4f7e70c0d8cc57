"""HubSpot's tickets, and the desk's notes on them, where the portal is the desk, too."""

from datetime import datetime
from typing import Protocol

from simulator.vendors.requesters import requester
from simulator.vendors.support_history import conversations_by_ticket
from simulator.vendors.view import Row, View

# The stages of the pipeline a portal begins with: new, waiting on contact, waiting on us, closed.
PIPELINE, STAGES = "0", {"new": "1", "pending": "2", "open": "3", "solved": "4"}
PRIORITIES = {"low": "LOW", "normal": "MEDIUM", "high": "HIGH", "urgent": "URGENT"}
SOURCES = {"email": "EMAIL", "web": "FORM", "chat": "CHAT"}
CUSTOM = ("first_human_response_at", "reopened_at", "handled_by", "is_escalated", "csat")


class Objects(Protocol):
    def new_id(self, kind: str, key: str) -> str: ...
    def owner_id(self, csm: str) -> str: ...
    def made(self, kind: str, key: str, begun: datetime, changed: datetime, properties: Row) -> Row: ...


def tickets(objects: Objects, view: View) -> list[Row]:
    return view.each("hubspot tickets", view.rows("tickets"), lambda row: _ticket(objects, view, row))


def notes(objects: Objects, view: View) -> list[Row]:
    """Why a ticket was handed over."""
    told = conversations_by_ticket(view)

    def make(row: Row) -> Row | None:
        conversation = conversations_by_ticket(view)[row["ticket_id"]]
        return _note(objects, view, row, conversation)

    answered = [row for row in view.rows("tickets") if row["ticket_id"] in told]
    made = view.each("hubspot notes", answered, make, lambda row: told[row["ticket_id"]])
    return [row for row in made if row is not None]


def _ticket(objects: Objects, view: View, row: Row) -> Row:
    is_closed = row["status"] == "solved"
    account = view.row("accounts", row["account_id"]) if row["handled_by"] == "csm" else None
    properties = {
        "subject": row["subject"], "content": row["subject"],
        "hs_pipeline": PIPELINE, "hs_pipeline_stage": STAGES[row["status"]],
        "hs_ticket_priority": PRIORITIES[row["priority"]], "hs_ticket_category": row["topic"],
        "source_type": SOURCES[row["channel"]],
        "hubspot_owner_id": objects.owner_id(account["csm_id"]) if account else None,
        "closed_date": row["solved_at"] if is_closed else None,
        "first_agent_reply_date": row["first_response_at"],
        **{name: row[name] for name in CUSTOM},
    }  # fmt: skip
    made = objects.made("tickets", row["ticket_id"], row["created_at"], row["updated_at"], properties)
    return {**made, **_belongs(objects, view, row)}


def _note(objects: Objects, view: View, row: Row, conversation: Row) -> Row | None:
    at = conversation["escalated_at"]
    if at is None:
        return None
    said = {"hs_timestamp": at, "hs_note_body": f"Escalated: {conversation['escalation_reason']}"}
    made = objects.made("notes", row["ticket_id"], at, at, said)
    return {**made, **_belongs(objects, view, row), "_ticket": objects.new_id("tickets", row["ticket_id"])}


def _belongs(objects: Objects, view: View, ticket: Row) -> Row:
    """Company and contact, where they stand in this portal."""
    account, user = requester(view, ticket)
    return {
        "_company": objects.new_id("companies", account) if account else None,
        "_contact": objects.new_id("contacts", user["user_id"]) if user else None,
    }
