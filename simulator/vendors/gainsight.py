"""Gainsight CS: the Company object, calls to action.

Follows third-party descriptions of the Company API and the CTA API: the access key in a header, 50 records a
write and 5,000 a read, answers wrapped in `result` and `data`, moments in milliseconds.
"""

import uuid
from collections.abc import Callable
from typing import Any

from simulator.vendors.gainsight_ctas import REQUESTS_MOST, CtaRefusedError, GainsightCtas
from simulator.vendors.gainsight_objects import (
    COMPANY_FIELDS,
    CTA_FIELDS,
    NUMBERS,
    GainsightObjects,
    milliseconds,
)
from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written

WRITES_MOST, READS_MOST, CTAS_MOST = 50, 5_000, 1_000
COMPANY = "/v1/data/objects/Company"
Compare = Callable[[Any, Any], bool]
COMPARE: dict[str, Compare] = {
    "EQ": lambda own, given: own in given,
    "NE": lambda own, given: own not in given,
    "IN": lambda own, given: own in given,
    "NOT_IN": lambda own, given: own not in given,
    "GT": lambda own, given: own is not None and own > given[0],
    "GTE": lambda own, given: own is not None and own >= given[0],
    "LT": lambda own, given: own is not None and own < given[0],
    "LTE": lambda own, given: own is not None and own <= given[0],
    "BTW": lambda own, given: own is not None and given[0] <= own <= given[1],
    "CONTAINS": lambda own, given: str(given[0]).lower() in str(own or "").lower(),
    "STARTS_WITH": lambda own, given: str(own or "").lower().startswith(str(given[0]).lower()),
    "ENDS_WITH": lambda own, given: str(own or "").lower().endswith(str(given[0]).lower()),
    "IS_NULL": lambda own, given: own is None,
    "IS_NOT_NULL": lambda own, given: own is not None,
}


class Gainsight(Vendor):
    name = "gainsight"
    limits = {"*": Limit(100, 60)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        more = self.settings.custom_fields.get(self.name, {})
        self.objects = GainsightObjects(self.view, self.identities, self.written)
        self.cta_records = GainsightCtas(self.view, self.identities, self.objects)
        self._fields = {*COMPANY_FIELDS, *more.get("Company", [])}
        self._requests = 0

    def authorise(self, request: Request) -> None:
        if request.headers.get("accesskey") != self.secret:
            raise RefusedError(self._failure(401, "GSOBJ_1001", "Invalid access key"))

    def _failure(self, status: int, code: str, words: str) -> Answer:
        told = {"result": False, "errorCode": code, "errorDesc": words, "data": None}
        return Answer.json({**told, "requestId": self._request_id()}, status)

    def _request_id(self) -> str:
        self._requests += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"gainsight/{self.settings.seed}/{self._requests}"))

    def _success(self, data: Any) -> Answer:
        told = {"result": True, "errorCode": None, "errorDesc": None, "requestId": self._request_id()}
        return Answer.json({**told, "data": data, "message": None})

    def too_many(self, retry_after: int) -> Answer:
        answer = self._failure(429, "GSOBJ_1429", "Too many requests")
        return Answer(429, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    def broken(self, status: int) -> Answer:
        return self._failure(status, "GSOBJ_1500", "Internal server error")

    def not_found(self) -> Answer:
        return self._failure(404, "GSOBJ_1404", "Not found")

    def unreadable(self, problem: str) -> Answer:
        return self._failure(400, "GSOBJ_1400", problem)

    def _refuse(self, words: str) -> RefusedError:
        return RefusedError(self._failure(400, "GSOBJ_1006", words))

    def _companies(self) -> list[Row]:
        name = f"gainsight companies {self.written.version}"
        rows: list[Row] = self.view.derived(name, self.objects.companies)
        return rows

    @route("POST", f"{COMPANY}/search")
    @route("POST", "/v1/data/objects/query/Company")
    def read(self, request: Request) -> Answer:
        """`select`, `where` (conditions and an expression of their aliases), `orderBy`, `limit`, `offset`."""
        asked = request.json()
        names = [str(name) for name in asked.get("select") or []]
        if not names:
            raise self._refuse("select is missing")
        self._known(names)
        where, order = asked.get("where"), asked.get("orderBy") or {}
        rows = self._where(where, self._companies()) if where else self._companies()
        ways = [(order["field"], order.get("order"))] if "field" in order else list(order.items())
        for name, way in reversed(ways):
            self._known([str(name)])
            down = str(way).lower() == "desc"
            rows = sorted(rows, key=lambda row: (row[name] is not None, row[name] or 0), reverse=down)
        size, start = int(asked.get("limit") or READS_MOST), int(asked.get("offset") or 0)
        if not 0 < size <= READS_MOST or start < 0:
            raise self._refuse(f"limit must be between 1 and {READS_MOST}")
        shown = [{name: row.get(name) for name in names} for row in rows[start : start + size]]
        return self._success({"records": shown, "totalCount": len(rows), "count": len(shown)})

    def _known(self, names: list[str]) -> None:
        for name in names:
            if name not in self._fields:
                raise self._refuse(f"Field [{name}] does not exist in object [Company]")

    def _where(self, where: Any, rows: list[Row]) -> list[Row]:
        """The expression is read as all of them, unless it says OR."""
        tests = []
        for each in where.get("conditions") or []:
            name, operator = str(each.get("name") or each.get("fieldName")), str(each.get("operator"))
            if operator not in COMPARE:
                raise self._refuse(f"operator {operator} is not supported")
            given = each.get("value")
            tests.append((name, COMPARE[operator], given if isinstance(given, list) else [given]))
        whole = any if " or " in str(where.get("expression", "")).lower() else all
        return [row for row in rows if whole(test(row.get(name), given) for name, test, given in tests)]

    @route("GET", f"{COMPANY}/{{gsid}}")
    def one(self, request: Request) -> Answer:
        return self._success({"records": [self._one(request)]})

    def _one(self, request: Request) -> Row:
        for row in self._companies():
            if row["Gsid"] == request.variables["gsid"]:
                return row
        raise RefusedError(self.not_found())

    @route("DELETE", f"{COMPANY}/{{gsid}}")
    def delete(self, request: Request) -> Answer:
        gsid = self._one(request)["Gsid"]
        self.written.change("Company", gsid, {"IsDeleted": True}, self.tick())
        return self._success({"Gsid": gsid})

    @route("POST", COMPANY)
    @route("PUT", COMPANY)
    def write(self, request: Request) -> Answer:
        """POST inserts by name; PUT updates what the fields in `keys` find. Failures are told by record."""
        records = request.json().get("records")
        if not isinstance(records, list) or not 0 < len(records) <= WRITES_MOST:
            raise self._refuse(f"records must be a list of 1 to {WRITES_MOST}")
        keys = (request.one("keys") or "").split(",") if request.method == "PUT" else ["Name"]
        self._known(keys)
        counts, failures = {"insertedCount": 0, "updatedCount": 0}, []
        for index, record in enumerate(records):
            problem = self._record(dict(record), keys, counts, update=request.method == "PUT")
            if problem:
                failures.append({"index": index, "errorMessage": problem, "record": record})
        told = {"count": len(records), **counts, "failedCount": len(failures), "failures": failures}
        return self._success(told)

    def _record(self, record: Row, keys: list[str], counts: dict[str, int], *, update: bool) -> str | None:
        unknown = sorted(set(record) - self._fields)
        if unknown:
            return f"Field [{unknown[0]}] does not exist in object [Company]"
        for name in NUMBERS & set(record):
            if record[name] is not None and not isinstance(record[name], int | float):
                return f"Invalid field value ({name} = {record[name]})"
        known = [r for r in self._companies() if all(r.get(key) == record.get(key) for key in keys)]
        if update:
            if not known:
                return "No record found for the keys"
            for row in known:
                self.written.change("Company", row["Gsid"], record, self.tick())
            counts["updatedCount"] += len(known)
            return None
        if not record.get("Name") or known:
            return "Name is missing" if not record.get("Name") else "A record with this name exists"
        at = milliseconds(self.tick())
        gsid = self.objects.gsid("Company", f"written:{self.written.count('Company')}")
        blank = {**dict.fromkeys(COMPANY_FIELDS), "Gsid": gsid, "CreatedDate": at, "ModifiedDate": at}
        self.written.create("Company", gsid, {**blank, **record})
        counts["insertedCount"] += 1
        return None

    @route("POST", "/v2/cockpit/cta")
    def create_ctas(self, request: Request) -> Answer:
        """`requests` of a `record` each; told by its `referenceId`, those taken and those not."""
        asked = request.json()
        given = asked.get("requests")
        if not isinstance(given, list) or not 0 < len(given) <= REQUESTS_MOST:
            raise self._refuse(f"requests must be a list of 1 to {REQUESTS_MOST}")
        success: list[Row] = []
        failure: list[Row] = []
        for each in given:
            record = dict(each.get("record") or {})
            reference = str(record.get("referenceId") or len(success) + len(failure))
            gsid = self.objects.gsid("Cta", f"written:{self.written.count('Cta')}")
            try:
                row = self.cta_records.made(record, asked.get("lookups") or {}, gsid, self.tick())
            except CtaRefusedError as refused:
                failure.append({reference: str(refused)})
                continue
            self.written.create("Cta", gsid, row)
            success.append({reference: gsid})
            account = self.identities.key("gainsight", "Company", row["CompanyId"])
            said = f"{row['Name']}\n{row['Comments'] or ''}"
            self.hear(Heard("crm", self.now, said, account_id=account))
        return self._success({"success": success, "failure": failure})

    @route("POST", "/v2/cockpit/cta/list")
    def ctas(self, request: Request) -> Answer:
        """By conditions, in pages; the fields of related records stand as `TypeId__gr.Name`."""
        asked = request.json()
        rows = self.objects.ctas()
        for each in (asked.get("where") or {}).get("conditions") or []:
            name = str(each.get("name") or each.get("fieldName"))
            if name not in CTA_FIELDS:
                raise self._refuse(f"Field [{name}] does not exist in object [call_to_action]")
        rows = self._where(_in_milliseconds(asked["where"]), rows) if asked.get("where") else rows
        size, page = int(asked.get("pageSize") or CTAS_MOST), int(asked.get("pageNumber") or 1)
        if not 0 < size <= CTAS_MOST or page < 1:
            raise self._refuse(f"pageSize must be between 1 and {CTAS_MOST}")
        names = {*(asked.get("select") or []), *CTA_FIELDS}
        shown = rows[(page - 1) * size : page * size]
        return self._success([{n: v for n, v in row.items() if n in names} for row in shown])


def _in_milliseconds(where: Row) -> Row:
    """Conditions on moments give days; the last of a range counts to its end."""

    def moments(value: Any) -> Any:
        given = value if isinstance(value, list) else [value]
        return [milliseconds(each, ends=n == 1) if _is_day(each) else each for n, each in enumerate(given)]

    return {
        **where,
        "conditions": [{**each, "value": moments(each.get("value"))} for each in where["conditions"]],
    }


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == len("2026-10-31") and value[4:8:3] == "--"
