"""ChurnZero: the REST API (OData), and the HTTP API that takes attributes and events.

Follows a third-party description of the REST API: basic authentication with a user's address and key, entity
sets with `$top` (100 at most), `$skip`, `$filter`, `$orderby`, `$select`, `$count`; and the vendor's page on
the HTTP API: `/i` with `appKey`, `action` and what it is about, answered with a picture whatever comes.
"""

from typing import Any

from simulator.vendors import odata
from simulator.vendors.churnzero_objects import ENTITIES, ChurnzeroObjects
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import Vendor, basic, iso, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

TOP_MOST = 100
PICTURE = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00;"
SETS = "/public/v1/{entity}"


class Churnzero(Vendor):
    name = "churnzero"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        self.objects = ChurnzeroObjects(self.view, self.identities, self.written)

    def authorise(self, request: Request) -> None:
        if request.path == "/i":
            return  # the key is one of its fields
        given = basic(request)
        if given is None or not given[0] or given[1] != self.secret:
            raise RefusedError(self._failure(401, "Unauthorized", "Authorization has been denied."))

    def _failure(self, status: int, code: str, words: str) -> Answer:
        return Answer.json({"error": {"code": code, "message": words}}, status)

    def too_many(self, retry_after: int) -> Answer:
        answer = self._failure(429, "TooManyRequests", "Rate limit exceeded.")
        return Answer(429, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    def broken(self, status: int) -> Answer:
        return self._failure(status, "InternalServerError", "An error has occurred.")

    def not_found(self) -> Answer:
        return self._failure(404, "NotFound", "No resource was found that matches the request.")

    def unreadable(self, problem: str) -> Answer:
        return self._failure(400, "BadRequest", problem)

    def _rows(self, entity: str) -> list[Row]:
        if entity not in ENTITIES:
            raise RefusedError(self.not_found())
        name = f"churnzero {entity} {self.written.version}"
        rows: list[Row] = self.view.derived(name, lambda: self.objects.rows(entity))
        return rows

    @route("GET", SETS)
    def entities(self, request: Request) -> Answer:
        """A set, or `Account(7)`, `Account(AccountExternalId='acc_1')` and what an account leads to."""
        entity, _, key = request.variables["entity"].partition("(")
        if key:
            return Answer.json(self._one(entity, key.removesuffix(")")))
        rows, fields = self._rows(entity), set(ENTITIES[entity])
        try:
            if wanted := request.one("$filter"):
                fits = odata.condition(wanted, fields)
                rows = [row for row in rows if fits(row)]
            if order := request.one("$orderby"):
                rows = odata.ordered(rows, order, fields)
        except (odata.ODataError, TypeError, ValueError) as error:
            return self._failure(400, "BadRequest", f"The query specified in the URI is not valid. {error}")
        size = request.number("$top", TOP_MOST, most=TOP_MOST)
        start = max(request.number("$skip", 0), 0)
        names = [name for name in (request.one("$select") or "").split(",") if name]
        shown = [self._selected(row, names) for row in rows[start : start + size]]
        count = {"@odata.count": len(rows)} if request.one("$count") == "true" else {}
        following = request.next_start(start, size)
        link = f"{request.base_url}/public/v1/{entity}?$top={size}&$skip={following}"
        more = {"@odata.nextLink": link} if following < len(rows) and "$top" not in request.query else {}
        context = {"@odata.context": f"{request.base_url}/public/v1/$metadata#{entity}"}
        return Answer.json({**context, **count, "value": shown, **more})

    def _selected(self, row: Row, names: list[str]) -> Row:
        return {name: row[name] for name in names if name in row} if names else row

    @route("GET", f"{SETS}/{{relation}}")
    def related(self, request: Request) -> Answer:
        entity, _, key = request.variables["entity"].partition("(")
        row, relation = self._one(entity, key.removesuffix(")")), request.variables["relation"]
        leads = {
            ("Account", "DirectParentAccount"): ("Account", row.get("ParentAccountId")),
            ("Account", "PrimaryChurnScore"): ("ChurnScore", row.get("PrimaryChurnScoreId")),
            ("Contact", "Account"): ("Account", row.get("AccountId")),
        }
        to, number = leads.get((entity, relation), ("", None))
        if number is None:
            raise RefusedError(self.not_found())
        return Answer.json(self._one(to, str(number)))

    def _one(self, entity: str, key: str) -> Row:
        field, _, value = key.partition("=")
        name, wanted = ("Id", field) if not value else (field, value.strip("'"))
        name = {"AccountExternalId": "ExternalId", "ContactExternalId": "ExternalId"}.get(name, name)
        for row in self._rows(entity):
            if str(row.get(name)) == wanted:
                return row
        raise RefusedError(self.not_found())

    @route("GET", "/i")
    @route("POST", "/i")
    def collect(self, request: Request) -> Answer:
        """One action by query or form, or a list of them as JSON: `setAttribute`, `trackEvent`. What is
        wrong with one of them nobody is told: it is dropped."""
        if "json" in request.headers.get("content-type", ""):
            given = request.value()
            actions = given if isinstance(given, list) else [given]
        else:
            actions = [{name: values[0] for name, values in request.query.items()} | request.form()]
        for each in actions:
            if isinstance(each, dict) and each.get("appKey") == self.secret:
                self._act(each)
        return Answer(200, PICTURE, {"Content-Type": "image/gif"})

    def _act(self, given: Row) -> None:
        external, name = (
            given.get("accountExternalId"),
            str(given.get("name") or given.get("eventName") or ""),
        )
        account = next((row for row in self._rows("Account") if row["ExternalId"] == external), None)
        if account is None or external is None:
            return
        at = self.tick()
        if given.get("action") == "setAttribute":
            several = {n.removeprefix("attr_"): v for n, v in given.items() if n.startswith("attr_")}
            attributes = {name: given.get("value")} if name else several
            if given.get("entity") == "account" and attributes:
                self.written.change("Account", account["Id"], attributes, at)
            return
        if given.get("action") != "trackEvent" or not name or not given.get("contactExternalId"):
            return
        number = self.objects.new_id("Event", f"written:{self.written.count('Event')}")
        row = {"Id": number, "AccountId": account["Id"], "ContactId": None, "EventTypeName": name,
               "EventDate": iso(at), "Description": given.get("description"),
               "Quantity": int(given.get("quantity") or 1)}  # fmt: skip
        self.written.create(
            "Event", number, {**row, "ObjectCreatedDate": iso(at), "ObjectLastModifiedDate": iso(at)}
        )
