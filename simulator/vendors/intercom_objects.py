"""Intercom's contacts, companies and conversations, made from the company's rows."""

import json
from functools import partial
from typing import Any

from simulator.catalogue import REPOSITORY
from simulator.vendors import support_history
from simulator.vendors.identities import Identities
from simulator.vendors.support_history import AGENTS, ANSWER_BOT, Moment
from simulator.vendors.vendor import unix
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

WORKSPACE = "simulated"
CODE = f"https://github.com/{REPOSITORY}/blob/main"
RESOLUTIONS = {
    "confirmed_resolved": "confirmed_resolution",
    "assumed_resolved": "assumed_resolution",
    "escalated": "routed_to_team",
    "abandoned": "abandoned",
}
CUSTOMER, BOT = 0, 1  # actors in a conversation's history; any other is an admin's number


class IntercomObjects:
    def __init__(self, view: View, identities: Identities, written: Written) -> None:
        self._view, self._identities, self._written = view, identities, written
        self._id = partial(identities.hexadecimal, "intercom")

    def admin_id(self, key: str) -> int:
        return self._identities.number("intercom", "admin", key, digits=7)

    def admins(self) -> list[Row]:
        staff = [
            (row["csm_id"], row["name"], row["email"], "Customer Success Manager")
            for row in self._view.rows("csms")
        ]
        desk = [
            (key, key.replace("-", " ").title(), f"{key}@vendor.example", "Support Specialist")
            for key in AGENTS
        ]
        return [
            {
                "type": "admin", "id": str(self.admin_id(key)), "name": name, "email": email,
                "job_title": title, "away_mode_enabled": False,
                "away_mode_reassign": False, "has_inbox_seat": True, "team_ids": [],
            }
            for key, name, email, title in [*staff, *desk]
        ]  # fmt: skip

    def companies(self) -> list[Row]:
        counts: dict[str, int] = {}
        for user in self._view.rows("users"):
            if user["deactivated_at"] is None:
                counts[user["account_id"]] = counts.get(user["account_id"], 0) + 1
        rows = [self._company(row, counts.get(row["account_id"], 0)) for row in self._view.rows("accounts")]
        return [self._changed("company", row) for row in [*rows, *self._written.created("company")]]

    def _company(self, row: Row, users: int) -> Row:
        key = row["account_id"]
        number = self._id("company", key)
        domain = self._identities.domain("intercom", row, self._view.parent(row))
        known = self._identities.external_id("intercom", "company", key)
        return {
            "type": "company", "id": number, "app_id": WORKSPACE, "company_id": known or number,
            "name": self._identities.name("intercom", key, row["name"]),
            "plan": {"type": "plan", "id": row["plan"], "name": row["plan"]},
            "remote_created_at": unix(row["signed_up_at"]), "created_at": unix(row["signed_up_at"]),
            "updated_at": unix(row["updated_at"]), "size": row["employees"], "industry": row["industry"],
            "website": f"https://{domain}" if domain else "", "monthly_spend": int(row["arr"] / 12),
            "session_count": 0, "user_count": users, "custom_attributes": {},
            "tags": {"type": "tag.list", "tags": []}, "segments": {"type": "segment.list", "segments": []},
        }  # fmt: skip

    def _changed(self, kind: str, row: Row) -> Row:
        fields, at = self._written.changes(kind, row["id"])
        if at is None:
            return row
        own = {**row["custom_attributes"], **(fields.get("custom_attributes") or {})}
        return {
            **row,
            **fields,
            "custom_attributes": own,
            "updated_at": max(row["updated_at"], unix(at) or 0),
        }

    def contacts(self) -> list[Row]:
        """People who are still there, and leads: requesters who are nobody's user."""
        here = [row for row in self._view.rows("users") if row["deactivated_at"] is None]
        people = self._view.each("intercom contacts", here, self._person)
        leads = [
            self._contact(
                key,
                {"role": "lead", "email": row["requester_email"] or "", "name": None},
                unix(row["created_at"]),
                unix(row["created_at"]),
                row["account_id"],
            )
            for key, row in support_history.strangers(self._view).items()
        ]
        rows = [*people, *leads, *self._written.created("contact")]
        gone = {row["id"] for row in self._written.created("gone contact") if row["is_gone"]}
        return [self._changed("contact", row) for row in rows if row["id"] not in gone]

    def _person(self, row: Row) -> Row:
        known = self._identities.external_id("intercom", "contact", row["user_id"])
        email = self._identities.email("intercom", row["email"])
        fields = {
            "role": "user", "email": email or "", "name": row["name"], "external_id": known,
            "unsubscribed_from_emails": row["is_unsubscribed"], "has_hard_bounced": row["is_bounced"],
        }  # fmt: skip
        begun, changed = unix(row["created_at"]), unix(row["updated_at"])
        return self._contact(row["user_id"], fields, begun, changed, row["account_id"])

    def _contact(
        self, key: str, fields: Row, begun: int | None, changed: int | None, account: str | None
    ) -> Row:
        companies = [self._id("company", account)] if account else []
        contact = blank_contact(self._id("contact", key), companies)
        domain = str(fields["email"]).partition("@")[2]
        times = {"created_at": begun, "updated_at": changed, "signed_up_at": begun}
        return {**contact, **fields, "email_domain": domain, **times}

    def conversations(self) -> list[Row]:
        spoken = support_history.conversations_by_ticket(self._view)
        rows = self._view.rows("tickets")
        return self._view.each(
            "intercom conversations", rows, self.conversation, lambda r: spoken.get(r["ticket_id"])
        )

    def conversation(self, row: Row) -> Row:
        """With its parts; a list shows it without them."""
        number = str(self._identities.number("intercom", "conversation", row["ticket_id"], digits=12))
        spoken = support_history.conversations_by_ticket(self._view).get(row["ticket_id"])
        told = spoken if self._view.tells("ai_conversations", row) else None
        admin = self.admin_id(support_history.agent(self._view, row))
        by_bot = support_history.agent(self._view, row) == ANSWER_BOT
        happened = support_history.moments(
            row, spoken, requester=CUSTOMER, bot=BOT, agent=BOT if by_bot else admin
        )
        contact = self._id("contact", support_history.requester(self._view, row))
        author = {"type": "user", "id": contact, "name": None, **_address(row["requester_email"])}
        parts = [self._part(number, n, each, author) for n, each in enumerate(happened) if n]
        state = "closed" if row["status"] == "solved" else "open"
        answers = [each.at for each in happened if each.actor not in (CUSTOMER, BOT) and each.is_public]
        first, solved = unix(min(answers, default=None)), unix(row["solved_at"])
        begun = unix(row["created_at"]) or 0
        source = "email" if row["channel"] == "email" else "conversation"
        rating = {"rating": row["csat"], "remark": "", "created_at": solved} if row["csat"] else None
        return {
            "type": "conversation", "id": number, "title": row["subject"], "created_at": begun,
            "updated_at": unix(row["updated_at"]), "waiting_since": None if first else begun,
            "snoozed_until": None, "open": state == "open", "state": state, "read": True,
            "priority": "priority" if row["priority"] in ("high", "urgent") else "not_priority",
            "admin_assignee_id": None if by_bot else admin, "team_assignee_id": None,
            "tags": {"type": "tag.list", "tags": []},
            "conversation_rating": rating,
            "source": {
                "type": source, "id": number, "delivered_as": "customer_initiated", "subject": "",
                "body": f"<p>{row['subject']}</p>", "author": author, "attachments": [], "url": None,
                "redacted": False,
            },
            "contacts": {"type": "contact.list", "contacts": [
                {"type": "contact", "id": contact, "external_id": None}]},
            "teammates": {"type": "admin.list", "teammates": [
                {"type": "admin", "id": str(admin)}] if answers else []},
            "custom_attributes": {
                "topic": row["topic"], "priority": row["priority"],
                "escalated": "yes" if row["is_escalated"] else "no"},
            "first_contact_reply": {
                "created_at": begun, "type": source, "url": None},
            "sla_applied": None,
            "statistics": _statistics(begun, first, solved, row, parts),
            "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
            "ai_agent_participated": told is not None, "ai_agent": _ai_agent(told),
            "conversation_parts": {
                "type": "conversation_part.list", "conversation_parts": parts, "total_count": len(parts)},
        }  # fmt: skip

    def _part(self, conversation: str, number: int, moment: Moment, customer: Row) -> Row:
        kind = "close" if moment.status == "solved" else "comment" if moment.is_public else "note"
        if moment.actor == CUSTOMER and moment.status == "open":
            kind = "open"  # again
        author: Row = customer
        if moment.actor == BOT:
            author = {"type": "bot", "id": str(self.admin_id(ANSWER_BOT)), "name": "Fin"}
            author |= {"email": "fin@vendor.example", "from_ai_agent": True, "is_ai_answer": moment.is_public}
        elif moment.actor != CUSTOMER:
            people: dict[str, Row] = self._view.derived(
                "intercom admins", lambda: {each["id"]: each for each in self.admins()}
            )
            admin = people[str(moment.actor)]
            author = {name: admin[name] for name in ("type", "id", "name", "email")}
        at = unix(moment.at)
        return {
            "type": "conversation_part", "id": f"{conversation}{number:02d}", "part_type": kind,
            "body": f"<p>{moment.comment}</p>" if moment.comment else None, "created_at": at,
            "updated_at": at, "notified_at": at, "assigned_to": None, "author": author, "attachments": [],
            "external_id": None, "redacted": False,
        }  # fmt: skip


def _address(email: str | None) -> Row:
    return {"email": email} if email else {}


def _ai_agent(spoken: Row | None) -> Row | None:
    if spoken is None:
        return None
    cited = json.loads(spoken["sources"])
    return {
        "source_type": "workflow", "source_title": "Answer first", "last_answer_type": "ai_answer",
        "resolution_state": RESOLUTIONS[spoken["outcome"]], "rating": None, "rating_remark": None,
        "created_at": unix(spoken["started_at"]), "updated_at": unix(spoken["updated_at"]),
        "content_sources": {"type": "content_source.list", "total_count": len(cited), "content_sources": [
            {"content_type": "external_content", "url": f"{CODE}/{path}", "title": path, "locale": "en"}
            for path in cited]},
    }  # fmt: skip


def _statistics(begun: int, first: int | None, solved: int | None, row: Row, parts: list[Row]) -> Row:
    """Only what is known: Intercom's description has no nulls here."""
    known: dict[str, Any] = {
        "time_to_admin_reply": first - begun if first else None,
        "first_admin_reply_at": first,
        "time_to_first_close": solved - begun if solved else None,
        "first_close_at": solved,
        "last_close_at": solved,
    }
    shown = {name: value for name, value in known.items() if value is not None}
    counts = {"count_reopens": int(row["reopened_at"] is not None), "count_conversation_parts": len(parts)}
    return {"type": "conversation_statistics", "first_contact_reply_at": begun, **counts, **shown}


def blank_contact(number: str, companies: list[str]) -> Row:
    """A contact of whom nothing is known but its companies."""
    attached = [{"type": "company", "id": each, "url": f"/companies/{each}"} for each in companies]
    empty = {"type": "list", "data": [], "total_count": 0, "has_more": False}
    unknown = (
        "phone", "owner_id", "last_seen_at", "last_replied_at", "last_contacted_at", "last_email_opened_at",
        "last_email_clicked_at", "language_override", "browser", "browser_version", "browser_language", "os",
        "external_id", "name", "avatar", "signed_up_at",
    )  # fmt: skip
    return {
        "type": "contact", "id": number, "workspace_id": WORKSPACE, **dict.fromkeys(unknown),
        "has_hard_bounced": False, "marked_email_as_spam": False, "unsubscribed_from_emails": False,
        "custom_attributes": {}, "tags": {**empty, "url": f"/contacts/{number}/tags"},
        "notes": {**empty, "url": f"/contacts/{number}/notes"},
        "companies": {"type": "list", "url": f"/contacts/{number}/companies", "data": attached,
                      "total_count": len(attached), "has_more": False},
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
    }  # fmt: skip
