"""Salesforce: OAuth, SOQL queries, records.

Follows Salesforce's REST API as recorded answers show it: paging by `nextRecordsUrl`, lists of errors, upsert
by external id, deleted and updated. A query's pages are those of the moment it was asked. Too many requests
are 403 REQUEST_LIMIT_EXCEEDED there, not 429.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from simulator.vendors import soql
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.salesforce_fields import EXTERNAL_IDS, HISTORIES, PREFIXES, SYSTEM_NAMES, stamp
from simulator.vendors.salesforce_objects import SalesforceObjects, with_parents
from simulator.vendors.vendor import Lists, Vendor, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

DATA = "/services/data/{version}"
BATCH, FIELDS_MOST = 2000, 200
ORGANISATION = "00DQy0000004Sim"


class Salesforce(Vendor):
    name = "salesforce"
    limits = {"*": Limit(100_000, 86_400)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        more = self.settings.custom_fields.get(self.name, {})
        self.objects = SalesforceObjects(self.view, self.identities, self.written, more)
        self._cursors: dict[str, tuple[list[Row], str]] = {}

    def authorise(self, request: Request) -> None:
        if request.path not in ("/services/oauth2/token", "/services/data"):
            token = request.bearer()
            if token != self._token:
                raise RefusedError(failure(401, "INVALID_SESSION_ID", "Session expired or invalid"))

    @property
    def _token(self) -> str:
        return f"{ORGANISATION}!{self.secret}"

    def too_many(self, retry_after: int) -> Answer:
        answer = failure(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        return Answer(403, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    def broken(self, status: int) -> Answer:
        """401: the session has run out, as it does."""
        if status == 401:  # noqa: PLR2004 -- Unauthorized
            return failure(401, "INVALID_SESSION_ID", "Session expired or invalid")
        return failure(status, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")

    def unreadable(self, problem: str) -> Answer:
        return failure(400, "JSON_PARSER_ERROR", problem)

    def not_found(self) -> Answer:
        return failure(404, "NOT_FOUND", "The requested resource does not exist")

    def not_allowed(self) -> Answer:
        return failure(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed")

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={limit.requests - left}/{limit.requests}"}

    @route("POST", "/services/oauth2/token")
    def token(self, request: Request) -> Answer:
        """Grants: password, client credentials, refresh token. The secret is client secret and password."""
        given = request.form()
        kind, known = given.get("grant_type"), given.get("client_secret") == self.secret
        if kind not in ("password", "client_credentials", "refresh_token"):
            return _oauth_error("unsupported_grant_type", "grant type not supported")
        if not known:
            return _oauth_error("invalid_client", "invalid client credentials")
        if kind == "password" and not given.get("password", "").startswith(self.secret):
            return _oauth_error("invalid_grant", "authentication failure")
        if kind == "refresh_token" and given.get("refresh_token") != self.secret:
            return _oauth_error("invalid_grant", "expired access/refresh token")
        issued = str(int(self.now.timestamp() * 1000))
        user = f"{request.base_url}/id/{ORGANISATION}/{self.objects.new_id('User', 'csm_01')}"
        body = {
            "access_token": self._token,
            "instance_url": request.base_url,
            "id": user,
            "token_type": "Bearer",
        }
        return Answer.json({**body, "issued_at": issued, "signature": "c2ltdWxhdGVk"})

    @route("GET", "/services/data")
    def versions(self, request: Request) -> Answer:
        return Answer.json([{"label": "Winter '27", "url": "/services/data/v66.0", "version": "66.0"}])

    def records(self, kind: str) -> list[Row]:
        name = f"salesforce {kind} {self.written.version}"
        rows: list[Row] = self.view.derived(name, lambda: self.objects.records(kind))
        return rows

    def lists(self, base_url: str) -> Lists:
        return [partial(self.records, kind) for kind in self.objects.types]

    def by_id(self, kind: str, number: str) -> Row | None:
        name = f"salesforce {kind} by id {self.written.version}"
        rows: dict[str, Row] = self.view.derived(name, lambda: {row["Id"]: row for row in self.records(kind)})
        return rows.get(number)

    @route("GET", f"{DATA}/query")
    @route("GET", f"{DATA}/queryAll")
    def query(self, request: Request) -> Answer:
        try:
            query = soql.parse(request.one("q") or "", self.now)
        except ValueError as error:  # a QueryError, or a number or moment that is none
            return failure(400, "MALFORMED_QUERY", str(error))
        kind = self.kind(query.source)
        fields = self._checked(kind, query)
        rows = [with_parents(row, self.by_id, query.names) for row in self.records(kind)]
        if request.path.endswith("/query"):
            rows = [row for row in rows if not row["IsDeleted"]]
        found = soql.selected(rows, query)
        if query.counts:
            return Answer.json({"totalSize": len(found), "done": True, "records": []})
        shown = [self._projected(kind, row, fields, request) for row in found]
        locator = f"0r8{len(self._cursors):015d}"
        self._cursors[locator] = (shown, f"/services/data/{request.variables['version']}/query/{locator}")
        return self._batch(locator, 0, request)

    @route("GET", f"{DATA}/query/{{locator}}")
    def more(self, request: Request) -> Answer:
        locator, _, start = request.variables["locator"].partition("-")
        if locator not in self._cursors or not start.isdigit():
            return failure(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._batch(locator, int(start), request)

    def _batch(self, locator: str, start: int, request: Request) -> Answer:
        rows, path = self._cursors[locator]
        size = min(BATCH, self.settings.page_most.get(self.name, BATCH))
        options = request.headers.get("sforce-query-options", "").lower().replace(" ", "")
        if options.startswith("batchsize="):
            size = min(size, max(int(options.removeprefix("batchsize=")), FIELDS_MOST))
        following = request.next_start(start, size)
        done = following >= len(rows)
        more = {} if done else {"nextRecordsUrl": f"{path}-{following}"}
        return Answer.json(
            {"totalSize": len(rows), "done": done, **more, "records": rows[start : start + size]}
        )

    def kind(self, given: str) -> str:
        for kind in PREFIXES:
            if kind.lower() == given.lower():
                return kind
        raise RefusedError(failure(400, "INVALID_TYPE", f"sObject type '{given}' is not supported."))

    def _checked(self, kind: str, query: soql.Query) -> list[str]:
        """The fields to show; RefusedError for one that the object does not have."""
        own = self.objects.fields
        relations = {"Account": own["Account"], "Owner": own["User"], "Parent": own["Account"]}
        for name in query.names:
            relation, _, field = name.rpartition(".")
            known = own[kind] if not relation or relation == kind else relations.get(relation, [])
            if field not in known:
                text = f"No such column '{name}' on entity '{kind}'."
                raise RefusedError(failure(400, "INVALID_FIELD", text))
        if any(each.startswith("FIELDS(") for each in query.fields):
            if query.limit is None or query.limit > FIELDS_MOST:
                raise RefusedError(
                    failure(400, "MALFORMED_QUERY", "FIELDS(ALL) needs a LIMIT of at most 200")
                )
            return own[kind]
        return query.fields

    def _projected(self, kind: str, row: Row, fields: list[str], request: Request) -> Row:
        shown: Row = {"attributes": self.attributes(kind, row, request)}
        for name in fields:
            relation, _, field = name.removeprefix(f"{kind}.").rpartition(".")
            if not relation:
                shown[field] = row[field]
            elif row.get(relation) is None:
                shown[relation] = None
            else:
                parent = "User" if relation == "Owner" else "Account"
                told = shown.setdefault(
                    relation, {"attributes": self.attributes(parent, row[relation], request)}
                )
                told[field] = row[relation][field]
        return shown

    def attributes(self, kind: str, row: Row, request: Request) -> Row:
        version = request.variables["version"]
        return {"type": kind, "url": f"/services/data/{version}/sobjects/{kind}/{row['Id']}"}

    @route("GET", f"{DATA}/sobjects/{{kind}}/describe")
    def describe(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        external, writable = EXTERNAL_IDS.get(kind), kind not in HISTORIES
        fields = [
            {"name": name, "label": name, "type": kind_of, "custom": name.endswith("__c"), "nillable": True,
             "externalId": name == external, "unique": name == external, "queryable": True,
             "updateable": writable and name not in SYSTEM_NAMES}
            for name, kind_of in self.objects.types[kind].items()
        ]  # fmt: skip
        told = {"queryable": True, "createable": writable, "updateable": writable, "replicateable": True}
        return Answer.json(
            {"name": kind, "label": kind, "keyPrefix": PREFIXES[kind], "fields": fields, **told}
        )

    @route("GET", f"{DATA}/sobjects/{{kind}}/deleted")
    @route("GET", f"{DATA}/sobjects/{{kind}}/updated")
    def changed(self, request: Request) -> Answer:
        """Between `start` and `end`, the end not included."""
        kind = self.kind(request.variables["kind"])
        first, last = (self._moment(request, name) for name in ("start", "end"))
        rows = [
            row
            for row in self.records(kind)
            if first <= datetime.fromisoformat(row["LastModifiedDate"]) < last
        ]
        covered = {"latestDateCovered": stamp(min(last, self.now))}
        if request.path.endswith("/updated"):
            return Answer.json({"ids": [row["Id"] for row in rows if not row["IsDeleted"]], **covered})
        gone = [{"id": row["Id"], "deletedDate": row["LastModifiedDate"]} for row in rows if row["IsDeleted"]]
        return Answer.json({"deletedRecords": gone, "earliestDateAvailable": stamp(first), **covered})

    def _moment(self, request: Request, name: str) -> datetime:
        try:
            return datetime.fromisoformat((request.one(name) or "").replace(" ", "+")).astimezone(UTC)
        except ValueError:
            raise RefusedError(failure(400, "INVALID_REPLICATION_DATE", f"{name} is no moment")) from None


def failure(status: int, code: str, message: str) -> Answer:
    return Answer.json([{"message": message, "errorCode": code}], status)


def _oauth_error(code: str, message: str) -> Answer:
    return Answer.json({"error": code, "error_description": message}, 400)
