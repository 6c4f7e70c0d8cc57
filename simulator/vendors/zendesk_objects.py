"""Zendesk's tickets, users and organizations as it shows them, made from the company's rows."""

from datetime import datetime
from functools import partial
from typing import Any

from simulator.vendors import support_history
from simulator.vendors.identities import Identities
from simulator.vendors.support_history import AGENTS, ANSWER_BOT, Moment
from simulator.vendors.vendor import iso, unix
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

GROUP, BRAND = 360_000_000_001, 360_000_000_002
SATISFIED_FROM = 4  # of 5
# `csat_score` is what a survey tool writes: 1 to 5, where Zendesk's own rating knows good and bad
CUSTOM_FIELDS = {"csat_score": 360_000_000_101, "topic": 360_000_000_102, "handled_by": 360_000_000_103}


class ZendeskObjects:
    """Every object carries `_moment`, the instant it last changed, which is not shown."""

    def __init__(self, view: View, identities: Identities, written: Written) -> None:
        self._view, self._identities, self._written = view, identities, written
        self._id = partial(identities.number, "zendesk")

    def organizations(self, url: str) -> list[Row]:
        made = (self._organization(url, row) for row in self._view.rows("accounts"))
        rows = [self._with_changes("organization", each) for each in made]
        return _ordered([*rows, *self._created("organization")])

    def _organization(self, url: str, row: Row) -> Row:
        number = self._id("organization", row["account_id"])
        domain = self._identities.domain("zendesk", row, self._view.parent(row))
        shown = {
            "url": f"{url}/api/v2/organizations/{number}.json", "id": number,
            "name": self._identities.name("zendesk", row["account_id"], row["name"]),
            "shared_tickets": False, "shared_comments": False,
            "external_id": self._identities.external_id("zendesk", "organization", row["account_id"]),
            "created_at": iso(row["signed_up_at"]), "domain_names": [domain] if domain else [],
            "details": None, "notes": None, "group_id": None, "tags": [row["plan"]],
            "organization_fields": {"industry": row["industry"], "region": row["region"]},
        }  # fmt: skip
        return shown | _changed(row["updated_at"])

    def _with_changes(self, kind: str, row: Row) -> Row:
        """What was written wins; fields of fields are merged."""
        fields, at = self._written.changes(kind, row["id"])
        if at is None:
            return row
        nested = {
            name: {**row[name], **value}
            for name, value in fields.items()
            if isinstance(value, dict) and isinstance(row.get(name), dict)
        }
        return {**row, **fields, **nested, **_changed(max(row["_moment"], at))}

    def _created(self, kind: str) -> list[Row]:
        return [self._with_changes(kind, row) for row in self._written.created(kind)]

    def users(self, url: str) -> list[Row]:
        """End users (also those known by nothing but a ticket) and agents, the AI tier's bot among them."""
        people = self._view.each(
            f"zendesk users {url}", self._view.rows("users"), lambda row: self._user(url, row)
        )
        strangers = [self._stranger(url, *each) for each in support_history.strangers(self._view).items()]
        staff = [
            self._agent(url, row["csm_id"], row["name"], row["email"]) for row in self._view.rows("csms")
        ]
        desk = [
            self._agent(url, key, key.replace("-", " ").title(), f"{key}@vendor.example")
            for key in (ANSWER_BOT, *AGENTS)
        ]
        return _ordered([*people, *strangers, *staff, *desk])

    def requester(self, ticket: Row) -> int:
        return self._id("user", support_history.requester(self._view, ticket))

    def _user(self, url: str, row: Row) -> Row:
        return self._person(
            url,
            row["user_id"],
            {
                "name": row["name"],
                "email": self._identities.email("zendesk", row["email"]),
                "organization_id": self._id("organization", row["account_id"]),
                "external_id": self._identities.external_id("zendesk", "user", row["user_id"]),
                "active": row["deactivated_at"] is None,
                "created_at": iso(row["created_at"]),
            },
            row,
        )

    def _stranger(self, url: str, key: str, ticket: Row) -> Row:
        email, account = ticket["requester_email"], ticket["account_id"]
        shown = {
            "name": email.split("@", maxsplit=1)[0] if email else "Visitor",
            "email": email,
            "organization_id": self._id("organization", account) if account else None,
            "created_at": iso(ticket["created_at"]),
        }
        return self._person(url, key, shown, {"updated_at": ticket["created_at"]})

    def _agent(self, url: str, key: str, name: str, email: str) -> Row:
        founded = min((row["signed_up_at"] for row in self._view.rows("accounts")), default=self._view.now)
        shown = {"name": name, "email": email, "role": "agent", "created_at": iso(founded)}
        return self._person(url, key, {**shown, "default_group_id": GROUP}, {"updated_at": founded})

    def _person(self, url: str, key: str, fields: Row, row: Row) -> Row:
        number = self._id("user", key)
        shown = (
            {
                "id": number, "url": f"{url}/api/v2/users/{number}.json", "time_zone": "London",
                "iana_time_zone": "Europe/London", "phone": None, "shared_phone_number": None, "photo": None,
                "locale_id": 1, "locale": "en-US", "organization_id": None, "role": "end-user",
                "verified": True, "external_id": None, "tags": [], "alias": None, "active": True,
                "shared": False, "shared_agent": False, "last_login_at": None,
                "two_factor_auth_enabled": None,
                "signature": None, "details": None, "notes": None, "role_type": None, "custom_role_id": None,
                "moderator": False, "ticket_restriction": None, "only_private_comments": False,
                "restricted_agent": False, "suspended": False, "default_group_id": None, "report_csv": False,
                "user_fields": {}, **fields,
            }
        )  # fmt: skip
        return shown | _changed(row["updated_at"])

    def tickets(self, url: str) -> list[Row]:
        made = self._view.each(
            f"zendesk tickets {url}", self._view.rows("tickets"), lambda row: self.ticket(url, row)
        )
        rows = [self._with_changes("ticket", each) for each in made]
        return _ordered([*rows, *self._created("ticket")])

    def ticket(self, url: str, row: Row) -> Row:
        number, requester = self.ticket_id(row), self.requester(row)
        account = row["account_id"]
        rating: Any = {"score": "unoffered"}
        if row["csat"] is not None:
            rating = {"score": "good" if row["csat"] >= SATISFIED_FROM else "bad", "id": number + 9}
        shown = {
            "url": f"{url}/api/v2/tickets/{number}.json", "id": number, "external_id": None,
            "via": {"channel": row["channel"], "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": iso(row["created_at"]), "generated_timestamp": unix(row["updated_at"]),
            "type": "incident" if row["topic"] == "bug" else "question", "subject": row["subject"],
            "raw_subject": row["subject"], "description": row["subject"], "priority": row["priority"],
            "status": row["status"], "recipient": None, "requester_id": requester, "submitter_id": requester,
            "assignee_id": self.agent(row),
            "organization_id": self._id("organization", account) if account else None,
            "group_id": GROUP, "collaborator_ids": [], "follower_ids": [], "email_cc_ids": [],
            "forum_topic_id": None, "problem_id": None, "has_incidents": False, "is_public": True,
            "due_at": None, "tags": [row["topic"], *(["escalated"] if row["is_escalated"] else [])],
            "custom_fields": (own := _custom_fields(row)), "fields": own, "satisfaction_rating": rating,
            "sharing_agreement_ids": [], "followup_ids": [], "brand_id": BRAND, "allow_channelback": False,
            "allow_attachments": True, "from_messaging_channel": False,
        }  # fmt: skip
        return shown | _changed(row["updated_at"])

    def rating(self, url: str, row: Row) -> Row:
        """What the requester thought of it, given when it was solved."""
        number = self.ticket_id(row) + 9
        score = "good" if row["csat"] >= SATISFIED_FROM else "bad"
        return {
            "id": number, "url": f"{url}/api/v2/satisfaction_ratings/{number}.json", "score": score,
            "ticket_id": self.ticket_id(row), "requester_id": self.requester(row), "group_id": GROUP,
            "assignee_id": self.agent(row), "comment": None, "reason": None,
            "created_at": iso(row["solved_at"]), "updated_at": iso(row["solved_at"]),
            "_moment": row["solved_at"],
        }  # fmt: skip

    def ticket_id(self, row: Row) -> int:
        return self._id("ticket", row["ticket_id"], digits=9)

    def agent(self, row: Row) -> int:
        return self._id("user", support_history.agent(self._view, row))

    def moments(self, row: Row) -> list[Moment]:
        return support_history.moments(
            row,
            support_history.conversations_by_ticket(self._view).get(row["ticket_id"]),
            requester=self.requester(row),
            bot=self._id("user", ANSWER_BOT),
            agent=self.agent(row),
        )


def _changed(at: datetime) -> Row:
    return {"updated_at": iso(at), "_moment": at}


def _custom_fields(row: Row) -> list[Row]:
    values = {
        "csat_score": None if row["csat"] is None else str(row["csat"]),
        "topic": row["topic"],
        "handled_by": row["handled_by"],
    }
    return [{"id": number, "value": values[name]} for name, number in CUSTOM_FIELDS.items()]


def _ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["_moment"], row["id"]))
