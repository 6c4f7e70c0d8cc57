"""Totango: the search of accounts and users, events of accounts, and the collector that takes attributes and
activities.

Follows the Search API's schemas and the vendor's pages on it and on touchpoints: `app-token` in a header, the
query as JSON in a form field, at most 1,000 hits a page and 10,000 in all, selected fields in the order
asked.
"""

from typing import Any

import orjson

from simulator.vendors.message import Answer, MalformedError, RefusedError, Request
from simulator.vendors.totango_objects import TotangoObjects, milliseconds
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

PAGE_MOST, FOUND_MOST = 1_000, 10_000
SERVICE = "SP-0000-01"
TEXT_MOST = 12_000
PICTURE = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00;"


class Totango(Vendor):
    name = "totango"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        self.objects = TotangoObjects(self.view, self.identities, self.written)

    def authorise(self, request: Request) -> None:
        """The collector knows its service by an id, as pages that load a pixel do."""
        if request.path.startswith("/pixel.gif"):
            return
        if request.headers.get("app-token") != self.secret:
            raise RefusedError(Answer.json({"status": "error", "message": "Invalid app-token"}, 401))

    def unreadable(self, problem: str) -> Answer:
        return Answer.json({"status": "error", "message": problem}, 400)

    @route("POST", "/api/v1/search/accounts")
    @route("POST", "/api/v1/search/users")
    def search(self, request: Request) -> Answer:
        """Form field `query`: `terms`, `fields`, `count`, `offset`, `sort_by`, `sort_order`."""
        kind = request.path.rstrip("/").rsplit("/", 1)[1]
        asked = self._query(request)
        size, start = int(asked.get("count") or 50), int(asked.get("offset") or 0)
        if not 0 < size <= PAGE_MOST or not 0 <= start < FOUND_MOST:
            raise MalformedError(f"count is at most {PAGE_MOST}, offset below {FOUND_MOST}")
        name = f"totango {kind} {self.written.version}"
        make = {"accounts": self.objects.accounts, "users": self.objects.users}[kind]
        rows: list[Row] = self.view.derived(name, make)
        for term in asked.get("terms") or []:
            rows = [row for row in rows if self.objects.fits(row, term)]
        by = str(asked.get("sort_by") or "display_name")
        rows = sorted(rows, key=lambda row: (str(row.get(by) or ""), row["name"]))
        if str(asked.get("sort_order", "ASC")).upper() == "DESC":
            rows.reverse()
        end = min(start + size, FOUND_MOST)
        fields, parents = asked.get("fields") or [], asked.get("parent_account_fields") or []
        hits = [self.objects.hit(row, fields, parents) for row in rows[start:end]]
        return Answer.json(
            {"status": "success", "response": {kind: {"total_hits": len(rows), "hits": hits, "stats": {}}}}
        )

    def _query(self, request: Request) -> Row:
        given = request.form().get("query")
        try:
            asked = orjson.loads(given) if isinstance(given, str) else given
        except ValueError as error:
            raise MalformedError(f"query is not JSON: {error}") from None
        if not isinstance(asked, dict):
            raise MalformedError("query is missing or no JSON object")
        return asked

    @route("POST", "/api/v2/events/search")
    def events(self, request: Request) -> Answer:
        """Of accounts: body `{"account": "…", "offset": 0, "count": 1000}`, the newest first."""
        asked = self._query(request) if request.form().get("query") else request.json()
        rows = [r for r in self.objects.events() if asked.get("account") in (None, r["account"]["id"])]
        size, start = int(asked.get("count") or PAGE_MOST), int(asked.get("offset") or 0)
        shown = rows[start : start + min(size, PAGE_MOST)]
        return Answer.json(
            {"status": "success", "response": {"events": {"hits": shown, "total_hits": len(rows)}}}
        )

    @route("GET", "/pixel.gif")
    @route("POST", "/pixel.gif")
    def collect(self, request: Request) -> Answer:
        """`sdr_s` service, `sdr_o` account, `sdr_o.<Name>` attributes, `sdr_a` activity, `sdr_m` module. What
        is wrong nobody is told: it is dropped."""
        given = {name: values[0] for name, values in request.query.items()} | request.form()
        account = str(given.get("sdr_o") or "")
        picture = Answer(200, PICTURE, {"Content-Type": "image/gif"})
        if given.get("sdr_s") != SERVICE or not account:
            return picture
        at = self.tick()
        attributes = {n.removeprefix("sdr_o."): v for n, v in given.items() if n.startswith("sdr_o.")}
        if attributes:
            self.written.change("account", account, attributes, at)
        if activity := given.get("sdr_a"):
            number = f"written-{self.written.count('event')}"
            told = {"subject": activity, "module": given.get("sdr_m")}
            row = {"id": number, "timestamp": milliseconds(at), "type": "activity", "is_new": "true",
                   "account": {"id": account}, "properties": told}  # fmt: skip
            self.written.create("event", number, row)
        return picture

    @route("POST", "/api/v3/touchpoints")
    def create_touchpoint(self, request: Request) -> Answer:
        """`account_id`, `content`, `subject`, `activity_type_id`, `created_by`; no markup."""
        given = request.form()
        account, text = str(given.get("account_id") or ""), str(given.get("content") or "")
        if account not in {row["name"] for row in self.objects.accounts()}:
            raise MalformedError(f"account {account!r} does not exist")
        if not text or len(text) > TEXT_MOST:
            raise MalformedError(f"content must have 1 to {TEXT_MOST} characters")
        number = 1_000 + self.written.count("event")
        note = {"text": text, "totango_user": {"user_name": given.get("created_by")}, "note_id": number}
        told = {"subject": given.get("subject"), "activity_type_id": given.get("activity_type_id")}
        key = f"written-{number}"
        row = {"id": key, "timestamp": milliseconds(self.tick()), "type": "note",
               "is_new": "true", "account": {"id": account}, "note_content": note,
               "properties": told}  # fmt: skip
        self.written.create("event", key, row)
        return Answer.json({"note": {"id": number, "account_id": account, "content": text}})
