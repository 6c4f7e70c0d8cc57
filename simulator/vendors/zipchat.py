"""Zipchat: the AI tier's conversations and their messages.

What its fields do not hold stands in the messages: sources and their snapshot in the answer, why somebody was
handed over, whether the customer was content.

Follows the transcribed Backend API: bearer key, pages of at most 100 conversations or 200 messages,
`last_message_at_since`, 120 requests a minute, no webhooks.
"""

import json
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from simulator.catalogue import REPOSITORY
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Lists, Vendor, iso, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

CHAT = "/api/integrations/backend_api/v1/chats/{chat_id}"
CHAT_ID = "1"
DESK = "support-desk"
HANDOVER = "I am handing you over to a colleague ({})."
CONFIRMED, ABANDONED = "Thank you, that solved it.", "That does not help me."
ASKS_AGAIN = timedelta(seconds=90)
CODE = f"https://github.com/{REPOSITORY}/blob/main"


class Zipchat(Vendor):
    name = "zipchat"
    limits = {"*": Limit(120, 60)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        reset = str(int(self.now.timestamp() + limit.seconds))
        named = {"Limit": str(limit.requests), "Remaining": str(left), "Reset": reset}
        return {f"X-RateLimit-{name}": value for name, value in named.items()}

    def _number(self, row: Row) -> int:
        return self.identities.number("zipchat", "conversation", row["conversation_id"], digits=8)

    def _messages(self, row: Row) -> list[Row]:
        number = self._number(row)
        messages = [
            {"id": number * 100 + place, "role": role, "message": text, "manual_reply": sender is not None,
             "status": "sent", "sender_id": sender, "created_at": iso(at)}
            for place, (role, text, at, sender) in enumerate(self._said(row))
        ]  # fmt: skip
        sent = self._sent().get(number, [])
        return messages + [{n: v for n, v in each.items() if n[0] != "_"} for each in sent]

    def _sent(self) -> dict[int, list[Row]]:
        """What was written by conversation."""

        def make() -> dict[int, list[Row]]:
            by_number: dict[int, list[Row]] = {}
            for each in self.written.created("message"):
                by_number.setdefault(each["_conversation"], []).append(each)
            return by_number

        found: dict[int, list[Row]] = self.view.derived(f"zipchat sent {self.written.version}", make)
        return found

    def _last(self, row: Row) -> str:
        sent = self._sent().get(self._number(row))
        return str(sent[-1]["created_at"] if sent else iso(self._said(row)[-1][2]))

    def _said(self, row: Row) -> list[tuple[str, str, datetime, int | None]]:
        """Who said what and when, with the sender of what a person wrote; the bot's answer cites its sources.

        Somebody who confirms says so; who gives up asks again and gets no more answer.
        """
        said: list[tuple[str, str, datetime, int | None]] = [
            ("user", row["question"], row["started_at"], None)
        ]
        answered, ended = row["first_answer_at"], row["resolved_at"]
        if answered is not None:
            said.append(("assistant", _cited(row), answered, None))
        if row["escalated_at"] is not None:
            said.append(("assistant", HANDOVER.format(row["escalation_reason"]), row["escalated_at"], None))
        if row["resolution"] is not None and ended is not None:
            said.append(("assistant", row["resolution"], ended, self._user_id(self._helper(row))))
        if row["outcome"] == "confirmed_resolved" and ended is not None:
            said.append(("user", CONFIRMED, ended, None))
        given_up = row["outcome"] == "abandoned" and answered is not None
        if given_up and answered + ASKS_AGAIN < self.view.day_end:
            said.append(("user", ABANDONED, answered + ASKS_AGAIN, None))
        return said

    def _helper(self, row: Row) -> str:
        """Who solved what was handed over: the account's CSM, or somebody of the support desk."""
        account = self.view.row("accounts", row["account_id"])
        return str(account["csm_id"]) if account and row["resolved_by"] == "csm" else DESK

    def _user_id(self, key: str) -> int:
        return self.identities.number("zipchat", "user", key, digits=6)

    def _conversation(self, row: Row) -> Row:
        number, email = self._number(row), row["email"]
        changed, _ = self.written.changes("conversation", number)
        lead = None
        if email:
            user = self.view.by_email().get(email.lower())
            lead_id = self.identities.number("zipchat", "lead", email.lower(), digits=8)
            lead = {"id": lead_id, "full_name": user["name"] if user else None, "email": email,
                    "phone_number": None, "email_marketing_consent": False}  # fmt: skip
        escalated = row["escalated_at"]
        return {
            "id": number, "chat_id": int(CHAT_ID), "created_at": iso(row["started_at"]),
            "last_message_at": self._last(row), "channel": "web",
            "manual_reply_mode": escalated is not None, "last_escalated_at": iso(escalated),
            "last_escalation_resolved_at": iso(row["resolved_at"]) if escalated else None, "assignee": None,
            "share_url": f"https://app.zipchat.example/chats/{CHAT_ID}/conversations/{number}", "lead": lead,
            **changed,
        }  # fmt: skip

    def _rows(self, request: Request) -> list[tuple[str, int, Row]]:
        """Last message, number and row of every conversation, the longest silent first."""
        if request.variables["chat_id"] != CHAT_ID:
            raise RefusedError(self.not_found())

        def make() -> list[tuple[str, int, Row]]:
            rows = self.view.rows("ai_conversations")
            return sorted((self._last(row), self._number(row), row) for row in rows)

        found: list[tuple[str, int, Row]] = self.view.derived(
            f"zipchat in order {self.written.version}", make
        )
        return found

    def lists(self, base_url: str) -> Lists:
        asked = Request("GET", "", {}, {}, b"", base_url, variables={"chat_id": CHAT_ID})
        return (partial(self._rows, asked),)

    def _since(self, request: Request, name: str) -> datetime | None:
        given = request.one(name)
        try:
            moment = datetime.fromisoformat(given.replace(" ", "+")) if given else None
        except ValueError:
            raise RefusedError(Answer.json({"error": f"{name} has an invalid format"}, 422)) from None
        return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None

    @route("GET", f"{CHAT}/conversations")
    def conversations(self, request: Request) -> Answer:
        """Oldest message first, so that pages hold together while new ones come."""
        since, rows = self._since(request, "last_message_at_since"), self._rows(request)
        begin = bisect_left(rows, iso(since) or "", key=lambda row: row[0])
        if since is not None and since.microsecond:
            begin = bisect_left(rows, iso(since + timedelta(seconds=1)) or "", key=lambda row: row[0])
        size, page = request.number("per_page", 50, most=100), max(request.number("page", 1), 1)
        start = begin + (page - 1) * size
        shown = [self._conversation(row) for _, _, row in rows[start : start + size]]
        return Answer.json({"conversations": shown})

    def _one(self, request: Request) -> Row:
        def make() -> dict[str, Row]:
            return {str(self._number(row)): row for row in self.view.rows("ai_conversations")}

        if request.variables["chat_id"] != CHAT_ID:
            raise RefusedError(self.not_found())
        by_number: dict[str, Row] = self.view.derived("zipchat by number", make)
        row = by_number.get(request.variables["conversation_id"])
        if row is None:
            raise RefusedError(self.not_found())
        return row

    @route("GET", f"{CHAT}/conversations/{{conversation_id}}")
    def conversation(self, request: Request) -> Answer:
        row, since = self._one(request), self._since(request, "message_created_at_since")
        messages = self._messages(row)
        if since is not None:
            messages = [each for each in messages if datetime.fromisoformat(each["created_at"]) >= since]
        size, page = request.number("message_per_page", 100, most=200), request.number("message_page", 1)
        shown = messages[(page - 1) * size : page * size]
        return Answer.json({"conversation": {**self._conversation(row), "messages": shown}})

    @route("GET", f"{CHAT}/users")
    def users(self, request: Request) -> Answer:
        self._rows(request)
        rows = [
            {"id": self._user_id(key), "name": name, "email": email}
            for key, name, email in [
                *((csm["csm_id"], csm["name"], csm["email"]) for csm in self.view.rows("csms")),
                (DESK, "Support Desk", "support@vendor.example"),
            ]
        ]
        return Answer.json({"users": rows})

    @route("PATCH", f"{CHAT}/conversations/{{conversation_id}}/assignment")
    def assign(self, request: Request) -> Answer:
        row, wanted = self._one(request), request.json().get("assignee_id")
        people = {self._user_id(key) for key in (DESK, *(csm["csm_id"] for csm in self.view.rows("csms")))}
        if wanted is not None and wanted not in people:
            return Answer.json({"error": "assignee_id is unknown"}, 422)
        assignee = {"id": wanted} if wanted is not None else None
        self.written.change("conversation", self._number(row), {"assignee": assignee}, self.tick())
        return Answer.json({"conversation": self._conversation(row)})

    @route("POST", f"{CHAT}/conversations/{{conversation_id}}/messages")
    def send(self, request: Request) -> Answer:
        row, given = self._one(request), request.json()
        if not given.get("message"):
            return Answer.json({"error": "message is required"}, 422)
        number = self._number(row)
        message = {"id": number * 100 + 50 + self.written.count("message"), "role": "assistant",
                   "message": given["message"], "manual_reply": True, "status": "sent",
                   "sender_id": given.get("sender_id"), "created_at": iso(self.tick())}  # fmt: skip
        self.written.create("message", message["id"], {**message, "_conversation": number})
        return Answer.json({"message": message})


def _cited(row: Row) -> str:
    """The answer in light HTML: what it says, the code it comes from, and as of when that code was read."""
    links = ", ".join(f'<a href="{CODE}/{path}">{path}</a>' for path in json.loads(row["sources"]))
    return f"<p>{row['answer']}</p><p>Sources as of {iso(row['source_snapshot_at'])}: {links}</p>"
