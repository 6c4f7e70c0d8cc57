"""Salesforce's single records: create, read, update, upsert by external id, delete."""

from collections.abc import Mapping

from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.salesforce import DATA, Salesforce, failure
from simulator.vendors.salesforce_fields import EXTERNAL_IDS, HISTORIES, REQUIRED, SYSTEM_NAMES, stamp
from simulator.vendors.salesforce_histories import TRACKED, Change, change_rows
from simulator.vendors.vendor import route
from simulator.vendors.view import Row

RECORD = f"{DATA}/sobjects/{{kind}}/{{record_id}}"
COLLECTION_MOST = 200
BY_EXTERNAL_ID = f"{DATA}/sobjects/{{kind}}/{{field}}/{{value}}"


class SalesforceRecords(Salesforce):
    """The whole of Salesforce: queries, and records."""

    name = "salesforce"

    @route("POST", f"{DATA}/sobjects/{{kind}}")
    def create(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        row = self._created(kind, request.json())
        return Answer.json({"id": row["Id"], "success": True, "errors": []}, 201)

    def _created(self, kind: str, given: Row) -> Row:
        self._writable(kind, given)
        missing = [name for name in REQUIRED.get(kind, []) if not given.get(name)]
        if missing:
            text = f"Required fields are missing: [{', '.join(missing)}]"
            raise RefusedError(failure(400, "REQUIRED_FIELD_MISSING", text))
        external = EXTERNAL_IDS[kind]
        if given.get(external) and (twins := self._with_external_id(kind, external, str(given[external]))):
            text = f"duplicate value found: {external} duplicates value on record with id: {twins[0]['Id']}"
            raise RefusedError(failure(400, "DUPLICATE_VALUE", text))
        at = self.tick()
        blank = self.objects.blank(kind, f"written:{self.written.count(kind)}", at, at)
        if kind == "Task":
            blank |= {"Status": "Not Started", "Priority": "Normal", "AccountId": given.get("WhatId")}
        row = {**blank, **given}
        if kind == "Task":
            row["IsClosed"] = row["Status"] == "Completed"
        if kind == "Task" and not row["IsClosed"]:
            self._task_given(row)
        if kind == "Opportunity":
            self._tracked(None, row)
        return self.written.create(kind, row["Id"], row)

    def _task_given(self, row: Row) -> None:
        account = self.identities.key("salesforce", "Account", str(row.get("WhatId")))
        said = f"{row.get('Subject') or ''}\n{row.get('Description') or ''}"
        action = row.get("External_Action_Id__c")
        self.hear(Heard("crm", self.now, said, action_id=action, account_id=account))

    def _tracked(self, before: Row | None, after: Row) -> None:
        """What Salesforce notes of an opportunity that somebody wrote."""
        was, now = ({name: row[name] for name in TRACKED} if row else None for row in (before, after))
        if now is None or was == now:
            return
        key = f"written:{after['Id']}/{self.written.version}"
        rows = change_rows(
            self.objects, after["Id"], Change(self.now, now, was), key=key, by=after["OwnerId"]
        )
        for kind, made in rows.items():
            for row in made:
                self.written.create(kind, row["Id"], row)

    def _writable(self, kind: str, given: Mapping[str, object]) -> None:
        if kind in HISTORIES:
            text = f"entity type {kind} does not support create, update or delete"
            raise RefusedError(failure(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", text))
        known = set(self.objects.fields[kind])
        for name in given:
            if name not in known:
                text = f"No such column '{name}' on sobject of type {kind}"
                raise RefusedError(failure(400, "INVALID_FIELD", text))
            if name in SYSTEM_NAMES:
                text = f"Unable to create/update fields: {name}."
                raise RefusedError(failure(400, "INVALID_FIELD_FOR_INSERT_UPDATE", text))

    def _record(self, request: Request) -> tuple[str, Row]:
        kind = self.kind(request.variables["kind"])
        row = self.by_id(kind, request.variables["record_id"])
        if row is None:
            raise RefusedError(self.not_found())
        if row["IsDeleted"]:
            raise RefusedError(failure(404, "ENTITY_IS_DELETED", "entity is deleted"))
        return kind, row

    def _shown(self, kind: str, row: Row, request: Request) -> Row:
        wanted = request.one("fields")
        fields = wanted.split(",") if wanted else self.objects.fields[kind]
        self._writable(kind, dict.fromkeys(name for name in fields if name not in SYSTEM_NAMES))
        return {"attributes": self.attributes(kind, row, request), **{name: row[name] for name in fields}}

    @route("GET", RECORD)
    def read(self, request: Request) -> Answer:
        return Answer.json(self._shown(*self._record(request), request))

    @route("PATCH", RECORD)
    def update(self, request: Request) -> Answer:
        kind, row = self._record(request)
        self._changed(kind, row, request.json())
        return Answer(204)

    def _changed(self, kind: str, row: Row, given: Row) -> None:
        self._writable(kind, given)
        fields = dict(given)
        if kind == "Task" and "Status" in given:
            closed = given["Status"] == "Completed"
            fields |= {"IsClosed": closed, "CompletedDateTime": stamp(self.now) if closed else None}
        self.written.change(kind, row["Id"], fields, self.tick())
        if kind == "Opportunity":
            self._tracked(row, {**row, **fields})

    @route("PATCH", f"{DATA}/composite/sobjects")
    def update_collection(self, request: Request) -> Answer:
        """At most 200 records, each with an outcome of its own (`allOrNone` is taken for false)."""
        records = request.json().get("records") or []
        if len(records) > COLLECTION_MOST:
            return failure(400, "LIMIT_EXCEEDED", f"record limit reached: {COLLECTION_MOST}")
        return Answer.json([self._one_of_many(dict(each)) for each in records])

    def _one_of_many(self, given: Row) -> Row:
        kind, number = self.kind(given.pop("attributes")["type"]), str(given.pop("id", ""))
        row = self.by_id(kind, number)
        if row is None or row["IsDeleted"]:
            error = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id"}
            return {"success": False, "errors": [{**error, "fields": []}]}
        self._changed(kind, row, given)
        return {"id": number, "success": True, "errors": []}

    @route("DELETE", RECORD)
    def delete(self, request: Request) -> Answer:
        kind, row = self._record(request)
        self._writable(kind, {})
        self.written.change(kind, row["Id"], {"IsDeleted": True}, self.tick())
        return Answer(204)

    def _with_external_id(self, kind: str, field: str, value: str) -> list[Row]:
        if field != EXTERNAL_IDS.get(kind):
            text = f"Provided external ID field does not exist or is not accessible: {field}"
            raise RefusedError(failure(404, "NOT_FOUND", text))
        return [row for row in self.records(kind) if row[field] == value and not row["IsDeleted"]]

    def _named(self, request: Request) -> tuple[str, list[Row]]:
        kind = self.kind(request.variables["kind"])
        found = self._with_external_id(kind, request.variables["field"], request.variables["value"])
        if len(found) > 1:
            urls = [self.attributes(kind, row, request)["url"] for row in found]
            raise RefusedError(Answer.json(urls, 300))
        return kind, found

    @route("GET", BY_EXTERNAL_ID)
    def read_by_external_id(self, request: Request) -> Answer:
        kind, found = self._named(request)
        return Answer.json(self._shown(kind, found[0], request)) if found else self.not_found()

    @route("PATCH", BY_EXTERNAL_ID)
    def upsert(self, request: Request) -> Answer:
        """Created: 201. Updated: 200. More than one: 300 with their addresses."""
        kind, found = self._named(request)
        if (field := request.variables["field"]) in request.json():
            text = f"The {field} field should not be specified in the sobject data."
            raise RefusedError(failure(400, "INVALID_FIELD", text))
        if found:
            self._changed(kind, found[0], request.json())
            told = {"id": found[0]["Id"], "success": True, "errors": [], "created": False}
            return Answer.json(told)
        own = {request.variables["field"]: request.variables["value"]}
        row = self._created(kind, {**request.json(), **own})
        return Answer.json({"id": row["Id"], "success": True, "errors": [], "created": True}, 201)
