"""Zendesk Support: exports, tickets, comments, metrics, users, organizations.

Follows Zendesk's Support API description (OpenAPI, version 2.0.0). What can be written: tickets (with
`Idempotency-Key`), organizations.
"""

from simulator.vendors import zendesk_tickets
from simulator.vendors.message import Answer, MalformedError, RefusedError, Request
from simulator.vendors.vendor import iso, route, unix
from simulator.vendors.view import Row
from simulator.vendors.zendesk_exports import ZendeskExports, decoded, encoded, position, shown
from simulator.vendors.zendesk_objects import CUSTOM_FIELDS
from simulator.vendors.zendesk_values import invalid, refused

LIST_MOST = 100


class Zendesk(ZendeskExports):
    name = "zendesk"

    @route("GET", "/api/v2/ticket_metrics")
    def list_metrics(self, request: Request) -> Answer:
        return self._list(
            "ticket_metrics", [self._metrics(row, request) for row in self.view.rows("tickets")], request
        )

    @route("GET", "/api/v2/tickets/{ticket_id}/metrics")
    def ticket_metrics(self, request: Request) -> Answer:
        ticket = self._tickets_by_id().get(_number(request.variables["ticket_id"]))
        if ticket is None:
            raise RefusedError(_missing())
        return Answer.json({"ticket_metric": self._metrics(ticket, request)})

    @route("GET", "/api/v2/tickets")
    @route("GET", "/api/v2/users")
    @route("GET", "/api/v2/organizations")
    def list_objects(self, request: Request) -> Answer:
        """Deleted users are not listed; the export has them."""
        kind = request.path.removesuffix(".json").rsplit("/", 1)[1]
        rows = sorted(self._made(kind, request), key=lambda row: int(row["id"]))
        if external := request.one("external_id"):
            rows = [row for row in rows if row.get("external_id") == external]
        return self._list(kind, [shown(row) for row in rows if row.get("active", True)], request)

    def _list(self, kind: str, rows: list[Row], request: Request) -> Answer:
        """Cursor paging with `page[size]` and `page[after]`, offset paging with `page` and `per_page`."""
        if "page[size]" in request.query or "page[after]" in request.query:
            size, after = request.number("page[size]", LIST_MOST, most=LIST_MOST), request.one("page[after]")
            start = int(decoded(after)[0]) if after else 0
            following = request.next_start(start, size)
            more, cursor = following < len(rows), encoded((float(following), 0))
            link = f"{request.base_url}{request.path}?page[size]={size}&page[after]={cursor}"
            meta = {"has_more": more, "after_cursor": cursor if more else None, "before_cursor": None}
            paging = {"meta": meta,
                      "links": {"next": link if more else None, "prev": None}}  # fmt: skip
            return Answer.json({kind: rows[start : start + size], **paging})
        size, page = request.number("per_page", LIST_MOST, most=LIST_MOST), request.number("page", 1)
        following = page if request.repeats_page else page + 1
        more = (following - 1) * size < len(rows)
        url = f"{request.base_url}{request.path}?page={following}&per_page={size}"
        listed = rows[(page - 1) * size : page * size]
        return Answer.json(
            {kind: listed, "count": len(rows), "next_page": url if more else None, "previous_page": None}
        )

    @route("GET", "/api/v2/ticket_fields")
    def ticket_fields(self, request: Request) -> Answer:
        """What the tickets' custom fields are called."""
        rows = [
            {"id": number, "title": name, "raw_title": name, "type": "text", "active": True,
             "required": False, "removable": True,
             "url": f"{request.base_url}/api/v2/ticket_fields/{number}.json"}
            for name, number in CUSTOM_FIELDS.items()
        ]  # fmt: skip
        return self._list("ticket_fields", rows, request)

    @route("GET", "/api/v2/satisfaction_ratings")
    def satisfaction_ratings(self, request: Request) -> Answer:
        """Of rated tickets, oldest first; `start_time` and `end_time` hold them to when they were given."""
        first, last = request.number("start_time", 0), request.number("end_time", 2**40)
        rows = [row for row in self.view.rows("tickets") if row["csat"] is not None]
        rated = sorted((self._objects.rating(request.base_url, row) for row in rows), key=position)
        wanted = [shown(row) for row in rated if first <= position(row)[0] <= last]
        return self._list("satisfaction_ratings", wanted, request)

    @route("GET", "/api/v2/{kind}/{object_id}")
    def show(self, request: Request) -> Answer:
        kind = request.variables["kind"]
        if kind not in ("tickets", "users", "organizations"):
            raise RefusedError(self.not_found())
        row = self._one(kind, request.variables["object_id"].removesuffix(".json"), request)
        return Answer.json({kind.removesuffix("s"): shown(row)})

    def _one(self, kind: str, number: str, request: Request) -> Row:
        for row in self._made(kind, request):
            if str(row["id"]) == number:
                return row
        raise RefusedError(_missing())

    @route("GET", "/api/v2/tickets/{ticket_id}/comments")
    def comments(self, request: Request) -> Answer:
        number = _number(request.variables["ticket_id"])
        self._one("tickets", str(number), request)
        ticket = self._tickets_by_id().get(number)
        rows = zendesk_tickets.comments(number, self._objects.moments(ticket)) if ticket else []
        rows += [row for row in self.written.created("comment") if row["ticket_id"] == number]
        return self._list(
            "comments", [{k: v for k, v in row.items() if k != "ticket_id"} for row in rows], request
        )

    @route("POST", "/api/v2/tickets")
    def create_ticket(self, request: Request) -> Answer:
        """A second request with the same `Idempotency-Key` gets the first one's answer."""
        key = request.headers.get("idempotency-key")
        answer, repeated = self.written.once(key, request.body, lambda: self._create_ticket(request))
        if repeated is None:
            text = "The Idempotency-Key was used with another payload"
            return Answer.json({"error": "IdempotentRequestError", "description": text}, 400)
        told = {"x-idempotency-lookup": "hit" if repeated else "miss"} if key else {}
        return Answer(answer.status, answer.body, {**answer.headers, **told})

    def _create_ticket(self, request: Request) -> Answer:
        given = _attributes(request, "ticket")
        comment = given.pop("comment", None)
        if refusal := refused(given, comment):
            return refusal
        if not isinstance(comment, dict) or not (comment.get("body") or comment.get("html_body")):
            return invalid({"description": ("Description: cannot be blank", "BlankValue")})
        at = self.tick()
        number = self.identities.number(
            "zendesk", "ticket", f"written:{self.written.count('ticket')}", digits=9
        )
        agent = self.identities.number("zendesk", "user", "agent-1")
        row = {
            "id": number, "url": f"{request.base_url}/api/v2/tickets/{number}.json", "status": "new",
            "priority": "normal", "requester_id": agent, "submitter_id": agent, "tags": [],
            "custom_fields": [], "external_id": None, "subject": "", **given,
            "description": comment.get("body"), "created_at": iso(at),
            "updated_at": iso(at), "generated_timestamp": unix(at), "_moment": at,
            "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        }  # fmt: skip
        self.written.create("ticket", number, row)
        self._comment(number, comment, agent)
        return Answer.json({"ticket": shown(row)}, 201)

    def _comment(self, ticket: int, comment: Row, author: int) -> None:
        number = ticket * 1000 + self.written.count("comment")
        text = comment.get("body") or comment.get("html_body")
        row = {"id": number, "ticket_id": ticket, "type": "Comment", "author_id": author, "body": text,
                 "plain_body": text, "html_body": text, "public": comment.get("public", True),
                 "attachments": [], "created_at": iso(self.now)}  # fmt: skip
        self.written.create("comment", number, row)

    @route("PUT", "/api/v2/tickets/{object_id}")
    @route("PUT", "/api/v2/organizations/{object_id}")
    def update(self, request: Request) -> Answer:
        kind = request.path.split("/")[3]
        single = kind.removesuffix("s")
        row = self._one(kind, request.variables["object_id"].removesuffix(".json"), request)
        fields = _attributes(request, single)
        comment = fields.pop("comment", None)
        if single == "ticket" and (refusal := refused(fields, comment)):
            return refusal
        at = self.tick()
        if comment:
            self._comment(int(row["id"]), comment, self.identities.number("zendesk", "user", "agent-1"))
        self.written.change(single, row["id"], fields, at)
        return Answer.json({single: shown(self._one(kind, str(row["id"]), request))})

    @route("POST", "/api/v2/organizations/create_or_update")
    def upsert_organization(self, request: Request) -> Answer:
        """Matches by `id`, then `external_id`; creates when neither is known."""
        given = _attributes(request, "organization")
        rows = self._made("organizations", request)
        wanted = ("id", "external_id")
        found = [
            r for name in wanted for r in rows if given.get(name) and str(r.get(name)) == str(given[name])
        ]
        at = self.tick()
        if found:
            fields = {name: value for name, value in given.items() if name != "id"}
            self.written.change("organization", found[0]["id"], fields, at)
            return Answer.json(
                {"organization": shown(self._one("organizations", str(found[0]["id"]), request))}
            )
        if not given.get("name"):
            return invalid({"name": ("Name: cannot be blank", "BlankValue")})
        number = self.identities.number(
            "zendesk", "organization", f"written:{self.written.count('organization')}"
        )
        row = {"domain_names": [], "tags": [], "organization_fields": {}, "external_id": None, **given,
                "id": number,
               "created_at": iso(at), "updated_at": iso(at), "_moment": at}  # fmt: skip
        self.written.create("organization", number, row)
        return Answer.json({"organization": shown(row)}, 201)


def _number(text: str) -> int:
    digits = text.removesuffix(".json")
    return int(digits) if digits.isdigit() else -1


def _attributes(request: Request, kind: str) -> Row:
    """What the body says of the object. Raises MalformedError."""
    given = request.json().get(kind) or {}
    if not isinstance(given, dict):
        raise MalformedError(f"{kind} must be an object")
    return dict(given)


def _missing() -> Answer:
    return Answer.json({"error": "RecordNotFound", "description": "Not found"}, 404)
