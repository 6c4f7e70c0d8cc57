"""HubSpot: lists, searches, owners, associations.

Follows HubSpot's CRM v3 (v4 for associations): cursors that are ids, at most 100 a page and 200 a search, no
search beyond the 10,000th row, archived rows in lists of their own.
"""

import uuid
from bisect import bisect_right
from functools import partial
from typing import Any

import orjson

from simulator.vendors import hubspot_associations, hubspot_search
from simulator.vendors.hubspot_objects import HubspotObjects, text
from simulator.vendors.hubspot_properties import SHOWN, SINGLE, TYPES, UNIQUE, described
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Lists, Vendor, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

PARENTS = ("companies", "contacts", "tickets")  # what other objects are of
LIST, LIST_MOST, SEARCH_MOST, REACHABLE = 10, 100, 200, 10_000
HISTORY_MOST = 50  # objects that are shown with histories at once
ASSOCIATED_MOST = 1_000  # objects whose associations are read at once
OBJECTS = "/crm/v3/objects/{kind}"


class Hubspot(Vendor):
    name = "hubspot"
    limits = {"*/search": Limit(5, 1), "*": Limit(190, 10)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        self.objects = HubspotObjects(
            self.view, self.identities, self.written, self.settings.custom_fields.get(self.name, {})
        )
        self.unique = dict(UNIQUE)
        self._errors = 0
        self._last: tuple[list[Row], str, list[Row]] | None = None

    def authorise(self, request: Request) -> None:
        if request.bearer() != self.secret:
            message = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
            raise RefusedError(self.failure(401, "INVALID_AUTHENTICATION", message))

    def failure(self, status: int, category: str, message: str, **more: Any) -> Answer:
        self._errors += 1
        number = str(uuid.uuid5(uuid.NAMESPACE_URL, f"hubspot/{self.settings.seed}/{self._errors}"))
        told = {"status": "error", "message": message, "correlationId": number, "category": category}
        return Answer.json({**told, **more}, status)

    def too_many(self, retry_after: int) -> Answer:
        message, policy = "You have reached your secondly limit.", {"policyName": "SECONDLY"}
        answer = self.failure(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", **policy)
        return Answer(429, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    def broken(self, status: int) -> Answer:
        return self.failure(status, "INTERNAL_ERROR", "internal error")

    def unreadable(self, problem: str) -> Answer:
        return self.failure(400, "VALIDATION_ERROR", f"Invalid input JSON: {problem}")

    def not_found(self) -> Answer:
        return self.failure(404, "OBJECT_NOT_FOUND", "resource not found")

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        window = str(int(limit.seconds * 1000))
        return {
            "X-HubSpot-RateLimit-Max": str(limit.requests),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": window,
        }

    def kind(self, given: str) -> str:
        """By name or type id (`0-2`)."""
        for kind, number in TYPES.items():
            if given in (kind, number):
                return kind
        message = f"Unable to infer object type from: {given}"
        raise RefusedError(self.failure(400, "VALIDATION_ERROR", message))

    def rows(self, kind: str) -> list[Row]:
        name = f"hubspot {kind} {self.written.version}"
        rows: list[Row] = self.view.derived(name, lambda: self.objects.objects(kind))
        return rows

    def _listing(self, kind: str, *, archived: bool) -> list[Row]:
        """In the order of their ids."""
        name = f"hubspot {kind} archived {archived} {self.written.version}"
        rows: list[Row] = self.view.derived(
            name, lambda: [row for row in self.rows(kind) if row["archived"] == archived]
        )
        return rows

    def lists(self, base_url: str) -> Lists:
        return [partial(self._listing, kind, archived=False) for kind in self.objects.types]

    def one(self, kind: str, number: str, *, by: str = "hs_object_id", archived: bool = False) -> Row | None:
        """The object of that id, or of that value in another unique property."""

        def index() -> dict[tuple[str, bool], Row]:
            values = ((row["properties"].get(by), row) for row in reversed(self.rows(kind)))
            return {(own.lower(), row["archived"]): row for own, row in values if own is not None}

        name = f"hubspot {kind} by {by} {self.written.version}"
        found: dict[tuple[str, bool], Row] = self.view.derived(name, index)
        return found.get((number.lower(), archived))

    def shown(self, kind: str, row: Row, properties: list[str], history: list[str] | None = None) -> Row:
        always = ["createdate", "hs_object_id", "hs_lastmodifieddate"]
        if kind == "contacts":
            always[2] = "lastmodifieddate"
        wanted = [*(properties or SHOWN[kind]), *(history or []), *always]
        known = {name: row["properties"][name] for name in wanted if name in row["properties"]}
        told = {**{name: value for name, value in row.items() if name[0] != "_"}, "properties": known}
        if history:
            told["propertiesWithHistory"] = self.objects.histories(kind, row, history)
        return told

    @route("GET", OBJECTS)
    def list_objects(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        size, start = request.number("limit", LIST), request.number("after", 0)
        history = _listed(request, "propertiesWithHistory")
        most = HISTORY_MOST if history else LIST_MOST
        if not 0 < size <= most:
            return self.failure(400, "VALIDATION_ERROR", f"Page size must be between 1 and {most}")
        archived = request.one("archived") == "true"
        # a cursor is an id, so rows that come or go elsewhere do not shift the pages
        rows = self._listing(kind, archived=archived)
        begin = bisect_right(rows, start, key=lambda row: int(row["id"]))
        page, names = rows[begin : begin + size], _listed(request, "properties")
        results = [
            {
                **self.shown(kind, row, names, history),
                **self._associated(kind, row, _listed(request, "associations")),
            }
            for row in page
        ]
        if request.repeats_page:
            return Answer.json({"results": results, **_next(str(start), request)})
        more = _next(page[-1]["id"], request) if begin + size < len(rows) else {}
        return Answer.json({"results": results, **more})

    @route("GET", f"{OBJECTS}/{{object_id}}")
    def read(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        by = request.one("idProperty") or "hs_object_id"
        archived = request.one("archived") == "true"
        row = self.one(kind, request.variables["object_id"], by=by, archived=archived)
        if row is None:
            return self.not_found()
        told = self._associated(kind, row, _listed(request, "associations"))
        names, history = (_listed(request, name) for name in ("properties", "propertiesWithHistory"))
        return Answer.json({**self.shown(kind, row, names, history), **told})

    @route("POST", f"{OBJECTS}/search")
    def search(self, request: Request) -> Answer:
        """The archived are not found."""
        kind, asked = self.kind(request.variables["kind"]), request.json()
        size, start = int(asked.get("limit") or LIST), int(asked.get("after") or 0)
        if not 0 < size <= SEARCH_MOST:
            return self.failure(400, "VALIDATION_ERROR", f"limit must be between 1 and {SEARCH_MOST}")
        if start + size > REACHABLE:
            message = f"paging past {REACHABLE} results is not supported: after={start}"
            return self.failure(400, "VALIDATION_ERROR", message)
        try:
            found = self._searched(kind, asked)
        except hubspot_search.SearchError as error:
            return self.failure(400, "VALIDATION_ERROR", str(error))
        page = [self.shown(kind, row, asked.get("properties") or []) for row in found[start : start + size]]
        following = request.next_start(start, size)
        more = {"paging": {"next": {"after": str(following)}}} if following < len(found) else {}
        return Answer.json({"total": len(found), "results": page, **more})

    def _searched(self, kind: str, asked: Row) -> list[Row]:
        """All that fit, in order. Raises SearchError.

        What was asked last is remembered, but for a bound on the id: readers move it from page to page.
        """
        above, rest = hubspot_search.above(asked)
        rows, same = self._listing(kind, archived=False), f"{kind} {orjson.dumps(rest).decode()}"
        if self._last is None or self._last[0] is not rows or self._last[1] != same:
            fits = hubspot_search.fitting(rest)
            found = [row for row in rows if fits(row["properties"])]
            self._last = rows, same, hubspot_search.ordered(found, rest.get("sorts") or [])
        return self._last[2] if above is None else hubspot_search.later(self._last[2], above)

    @route("GET", "/crm/v3/owners")
    def owners(self, request: Request) -> Answer:
        archived = request.one("archived") == "true"
        rows = [row for row in self.objects.owners() if row["archived"] == archived]
        if email := request.one("email"):
            rows = [row for row in rows if row["email"] == email]
        size, start = request.number("limit", LIST_MOST, most=500), request.number("after", 0)
        following = request.next_start(start, size)
        more = _next(str(following), request) if following < len(rows) else {}
        return Answer.json({"results": rows[start : start + size], **more})

    @route("GET", "/crm/v3/properties/{kind}")
    def properties(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        types = self.objects.types[kind].items()
        rows = [described(kind, name, type_of, name in self.unique[kind]) for name, type_of in types]
        return Answer.json({"results": rows})

    def associated(self, kind: str, row: Row, other: str) -> list[str]:
        """Ids of the `other` objects a row belongs with: by the company, contact or ticket that one is of,
        and by what was written."""
        above = row.get(f"_{SINGLE[other]}")
        ids = [above] if above else []
        if kind in PARENTS and kind != other:
            ids += self._below(kind, other).get(row["id"], [])
        links = self.written.created("association")
        ids += [a[other] for a in links if other in a and a.get(kind) == row["id"] and kind != other]
        merges = self.written.created("merge")
        into: dict[str, str] = {each["merged"]: each["into"] for each in merges}
        return list(dict.fromkeys(str(into.get(each, each)) for each in ids))

    def _below(self, parent: str, kind: str) -> dict[str, list[str]]:
        """Ids of the objects of a kind by that of the company, contact or ticket they are of."""

        def make() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for row in self.rows(kind):
                if above := row.get(f"_{SINGLE[parent]}"):
                    found.setdefault(above, []).append(row["id"])
            return found

        name = f"hubspot {kind} by {parent} {self.written.version}"
        ids: dict[str, list[str]] = self.view.derived(name, make)
        return ids

    def _associated(self, kind: str, row: Row, others: list[str]) -> Row:
        told = {}
        for other in map(self.kind, others):
            label = f"{SINGLE[kind]}_to_{SINGLE[other]}"
            ids = self.associated(kind, row, other)
            if ids:
                told[other] = hubspot_associations.inline(ids, label)
        return {"associations": told} if told else {}

    @route("GET", "/crm/v4/objects/{kind}/{object_id}/associations/{other}")
    def associations(self, request: Request) -> Answer:
        kind, other = self.kind(request.variables["kind"]), self.kind(request.variables["other"])
        row = self.one(kind, request.variables["object_id"])
        if row is None:
            return self.not_found()
        lines, more = hubspot_associations.links(self.associated(kind, row, other), request.one("after"))
        return Answer.json({"results": lines, **more})

    @route("POST", "/crm/v4/associations/{kind}/{other}/batch/read")
    def batch_associations(self, request: Request) -> Answer:
        """`after` beside an id: its next page. Those that belong with none are named as errors."""
        kind, other = self.kind(request.variables["kind"]), self.kind(request.variables["other"])
        by_id = {row["id"]: row for row in self.rows(kind)}
        asked = request.json().get("inputs", [])
        if len(asked) > ASSOCIATED_MOST:
            message = f"The maximum number of inputs is {ASSOCIATED_MOST}"
            return self.failure(400, "VALIDATION_ERROR", message)
        results, errors = [], []
        for number, after in ((str(each["id"]), each.get("after")) for each in asked):
            ids = self.associated(kind, by_id[number], other) if number in by_id else []
            lines, more = hubspot_associations.links(ids, after)
            if lines:
                results.append({"from": {"id": number}, "to": lines, **more})
            else:
                errors.append(hubspot_associations.none(number, SINGLE[kind], SINGLE[other]))
        return self.batch(results, errors)

    def batch(self, results: list[Row], errors: list[Row], status: int = 200) -> Answer:
        """A batch as it is told of; 207 with errors."""
        at = text(self.now)
        told: Row = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
        if errors:
            told |= {"numErrors": len(errors), "errors": errors}
        return Answer.json(told, 207 if errors else status)


def _next(after: str, request: Request) -> Row:
    link = f"{request.base_url}{request.path}?after={after}"
    return {"paging": {"next": {"after": after, "link": link}}}


def _listed(request: Request, name: str) -> list[str]:
    """Names given once with commas, or several times."""
    return [each for value in request.query.get(name, []) for each in value.split(",") if each]
