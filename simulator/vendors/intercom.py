"""Intercom: contacts, companies, conversations with their parts, messages, admins.

Follows Intercom's API description (OpenAPI, version 2.14). Contact searches compare moments by day, as
documented. Companies are upserted by `company_id`; a second contact with a known `external_id` or address is
a conflict.
"""

import json
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from simulator.vendors import intercom_search
from simulator.vendors.hearing import Heard
from simulator.vendors.intercom_objects import IntercomObjects, blank_contact
from simulator.vendors.intercom_search import SearchError
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Lists, Vendor, route, unix
from simulator.vendors.view import Row
from simulator.vendors.written import Written

COMPANIES, COMPANIES_MOST, SCROLL = 15, 60, 100


class Intercom(Vendor):
    name = "intercom"
    limits = {"*": Limit(10_000, 60)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        self._objects = IntercomObjects(self.view, self.identities, self.written)
        self._errors = 0
        self._last: tuple[list[Row], tuple[str, str], list[Row]] | None = None

    def authorise(self, request: Request) -> None:
        if request.bearer() != self.secret:
            raise RefusedError(self._error(401, "unauthorized", "Access Token Invalid"))

    def _error(self, status: int, code: str, message: str) -> Answer:
        self._errors += 1
        request_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.settings.seed}/{self._errors}"))
        error = {"code": code, "message": message}
        return Answer.json({"type": "error.list", "request_id": request_id, "errors": [error]}, status)

    def too_many(self, retry_after: int) -> Answer:
        answer = self._error(429, "rate_limit_exceeded", "Exceeded rate limit")
        reset = str((unix(self.now) or 0) + retry_after)
        return Answer(
            429, answer.body, {**answer.headers, "Retry-After": str(retry_after), "X-RateLimit-Reset": reset}
        )

    def broken(self, status: int) -> Answer:
        return self._error(status, "server_error", "Something went wrong")

    def unreadable(self, problem: str) -> Answer:
        return self._error(400, "bad_request", problem)

    def not_found(self) -> Answer:
        return self._error(404, "not_found", "Resource Not Found")

    def not_allowed(self) -> Answer:
        return self._error(405, "method_not_allowed", "Method Not Allowed")

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(limit.requests), "X-RateLimit-Remaining": str(left)}

    def _made(self, kind: str) -> list[Row]:
        make: Callable[[], list[Row]] = getattr(self._objects, kind)
        version = "" if kind == "conversations" else self.written.version  # nothing is written to those
        rows: list[Row] = self.view.derived(f"intercom {kind} {version}", make)
        return rows

    def lists(self, base_url: str) -> Lists:
        return [partial(self._made, kind) for kind in ("companies", "contacts", "conversations")]

    def _one(self, kind: str, number: str, missing: str) -> Row:
        rows = self._made(kind)

        def make() -> dict[str, Row]:
            return {row["id"]: row for row in rows}

        version = "" if kind == "conversations" else self.written.version
        by_id: dict[str, Row] = self.view.derived(f"intercom {kind} by id {version}", make)
        if number not in by_id:
            raise RefusedError(self._error(404, "not_found", missing))
        return by_id[number]

    @route("GET", "/me")
    def me(self, request: Request) -> Answer:
        app = {"type": "app", "id_code": "simulated", "name": "Simulated", "region": "US", "timezone": "UTC",
               "created_at": 1_600_000_000, "identity_verification": True}  # fmt: skip
        return Answer.json({**self._objects.admins()[0], "email_verified": True, "app": app})

    @route("GET", "/admins")
    def admins(self, request: Request) -> Answer:
        return Answer.json({"type": "admin.list", "admins": self._objects.admins()})

    def _found(self, kind: str, asked: Row, request: Request) -> tuple[list[Row], Row, int]:
        """The page of rows that fit the query, `pages`, and how many fit."""
        try:
            rows = self._searched(kind, asked)
            shown, pages = intercom_search.page(rows, asked.get("pagination"), again=request.repeats_page)
            if request.ends_list:
                pages.pop("next", None)
        except SearchError as error:
            raise RefusedError(self._error(400, "parameter_invalid", str(error))) from error
        return shown, pages, len(rows)

    def _searched(self, kind: str, asked: Row) -> list[Row]:
        """All that fit, in order; remembered while its pages are asked for. Raises SearchError."""
        rows, query = self._made(kind), asked.get("query")
        same = (kind, json.dumps([query, asked.get("sort")]))
        if self._last is None or self._last[0] is not rows or self._last[1] != same:
            if query is not None:
                fits = intercom_search.matching(query, by_day=kind == "contacts")
                rows = [row for row in rows if fits(row)]
            self._last = self._made(kind), same, intercom_search.ordered(rows, asked.get("sort"))
        return self._last[2]

    def _asked(self, request: Request) -> Row:
        """A list is a search for everything, oldest first."""
        size = request.number("per_page", intercom_search.SIZE, most=intercom_search.SIZE_MOST)
        pagination = {"per_page": size, "starting_after": request.one("starting_after")}
        return {"pagination": pagination, "sort": {"field": "created_at", "order": "ascending"}}

    @route("GET", "/contacts")
    @route("POST", "/contacts/search")
    def contacts(self, request: Request) -> Answer:
        asked = request.json() if request.method == "POST" else self._asked(request)
        shown, pages, count = self._found("contacts", asked, request)
        return Answer.json({"type": "list", "data": shown, "total_count": count, "pages": pages})

    @route("GET", "/contacts/{contact_id}")
    def contact(self, request: Request) -> Answer:
        return Answer.json(self._one("contacts", request.variables["contact_id"], "User Not Found"))

    @route("GET", "/contacts/find_by_external_id/{external_id}")
    def contact_by_external_id(self, request: Request) -> Answer:
        wanted = request.variables["external_id"]
        found = [row for row in self._made("contacts") if row["external_id"] == wanted]
        return Answer.json(found[0]) if found else self._error(404, "not_found", "User Not Found")

    @route("POST", "/contacts")
    def create_contact(self, request: Request) -> Answer:
        given, at = request.json(), unix(self.tick())
        if not (given.get("email") or given.get("external_id") or given.get("role")):
            return self._error(400, "parameter_not_found", "email, external_id or role is required")
        same = ("external_id", "email")
        for row in self._made("contacts"):
            if any(given.get(name) and str(given[name]).lower() == str(row[name]).lower() for name in same):
                text = f"A contact matching those details already exists with id={row['id']}"
                return self._error(409, "conflict", text)
        key = f"written:{self.written.count('contact')}"
        blank = blank_contact(self.identities.hexadecimal("intercom", "contact", key), [])
        row = {**blank, "role": "user", "email": "", **given, "created_at": at, "updated_at": at}
        return Answer.json(self.written.create("contact", row["id"], row))

    @route("PUT", "/contacts/{contact_id}")
    def update_contact(self, request: Request) -> Answer:
        row = self._one("contacts", request.variables["contact_id"], "User Not Found")
        self.written.change("contact", row["id"], request.json(), self.tick())
        return self.contact(request)

    @route("GET", "/companies")
    @route("POST", "/companies/list")
    def companies(self, request: Request) -> Answer:
        """Numbered pages of those that have people; with `company_id` the one company."""
        rows = self._made("companies")
        if wanted := request.one("company_id"):
            found = [row for row in rows if row["company_id"] == wanted]
            return (
                Answer.json(found[0]) if found else self._error(404, "company_not_found", "Company Not Found")
            )
        rows = [row for row in rows if row["user_count"]]
        size = request.number("per_page", COMPANIES, most=COMPANIES_MOST)
        page, total = request.number("page", 1), -(-len(rows) // size)
        pages: Row = {"type": "pages", "page": page, "per_page": size, "total_pages": total, "next": None}
        if page < total or request.repeats_page:
            following = page if request.repeats_page else page + 1
            pages["next"] = f"{request.base_url}/companies/list?per_page={size}&page={following}"
        shown = rows[(page - 1) * size : page * size]
        return Answer.json({"type": "list", "data": shown, "total_count": len(rows), "pages": pages})

    @route("GET", "/companies/scroll")
    def scroll_companies(self, request: Request) -> Answer:
        """A hundred at a time, until a page is empty. How many there are is not told."""
        given = request.one("scroll_param") or "scroll-0"
        number = given.removeprefix("scroll-")
        if not number.isdigit():
            return self._error(404, "not_found", "scroll parameter not found")
        rows, start = self._made("companies"), int(number)
        shown = [] if request.ends_list else rows[start : start + SCROLL]
        following = f"scroll-{request.next_start(start, SCROLL)}"
        body = {"type": "list", "data": shown, "pages": None, "total_count": None, "scroll_param": following}
        return Answer.json(body)

    @route("GET", "/companies/{company_id}")
    def company(self, request: Request) -> Answer:
        return Answer.json(self._one("companies", request.variables["company_id"], "Company Not Found"))

    @route("POST", "/companies")
    def upsert_company(self, request: Request) -> Answer:
        given, at = dict(request.json()), self.tick()
        known = [row for row in self._made("companies") if row["company_id"] == given.get("company_id")]
        if not known:
            if not given.get("company_id"):
                return self._error(400, "bad_request", "company_id is required")
            key = f"written:{self.written.count('company')}"
            number = self.identities.hexadecimal("intercom", "company", key)
            row = {"type": "company", "id": number, "app_id": "simulated", "custom_attributes": {}, **given,
                   "user_count": 0, "created_at": unix(at), "updated_at": unix(at)}  # fmt: skip
            return Answer.json(self.written.create("company", number, row))
        self.written.change("company", known[0]["id"], given, at)
        return Answer.json(self._one("companies", known[0]["id"], "Company Not Found"))

    @route("GET", "/conversations")
    @route("POST", "/conversations/search")
    def conversations(self, request: Request) -> Answer:
        """Without their parts."""
        asked = request.json() if request.method == "POST" else self._asked(request)
        shown, pages, count = self._found("conversations", asked, request)
        rows = [{n: v for n, v in row.items() if n != "conversation_parts"} for row in shown]
        return Answer.json(
            {"type": "conversation.list", "conversations": rows, "total_count": count, "pages": pages}
        )

    @route("GET", "/conversations/{conversation_id}")
    def conversation(self, request: Request) -> Answer:
        return Answer.json(
            self._one("conversations", request.variables["conversation_id"], "Resource Not Found")
        )

    @route("POST", "/messages")
    def create_message(self, request: Request) -> Answer:
        """An admin writes to a contact; recorded, and readable in the server's own journal and `written`."""
        given = request.json()
        if not given.get("body"):
            return self._error(400, "parameter_invalid", "Body is required")
        if given.get("message_type") == "email" and not given.get("subject"):
            return self._error(422, "parameter_not_found", "No subject supplied for email message")
        sender, to = given.get("from") or {}, given.get("to") or {}
        if str(sender.get("id")) not in {each["id"] for each in self._objects.admins()}:
            return self._error(404, "not_found", "Admin Not Found")
        self._one("contacts", str(to.get("id")), "User Not Found")
        number = str(self.written.count("message") + 1)
        kind = "inapp" if given.get("message_type") in (None, "in_app", "inapp") else given["message_type"]
        row = {"type": "admin_message", "id": number, "created_at": unix(self.tick()), "body": given["body"],
               "subject": given.get("subject") or "", "message_type": kind}  # fmt: skip
        self.written.create("message", number, {**row, "to": to})
        user = self.view.row("users", self.identities.key("intercom", "contact", str(to.get("id"))))
        account = user["account_id"] if user else None
        said = f"{row['subject']}\n{given['body']}"
        self.hear(Heard("intercom", self.now, said, account_id=account))
        return Answer.json(row)
