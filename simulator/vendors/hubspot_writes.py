"""HubSpot's writes: create, update, archive; batches with create, read, update, upsert; associations;
properties."""

from simulator.vendors import hubspot_associations
from simulator.vendors.hearing import Heard
from simulator.vendors.hubspot import HISTORY_MOST, OBJECTS, Hubspot
from simulator.vendors.hubspot_properties import SINGLE, TIMED, TYPES, described
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import route
from simulator.vendors.view import Row

BATCH_MOST = 100
SYSTEM = ("createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_object_id")


class HubspotWrites(Hubspot):
    """The whole of HubSpot: reads, and writes."""

    name = "hubspot"

    def _checked(self, kind: str, given: Row) -> Row:
        """Properties as given; RefusedError for one that the type does not have."""
        unknown = sorted(set(given) - set(self.objects.properties[kind]))
        if unknown:
            message = f'Property values were not valid: [{{"isValid":false,"name":"{unknown[0]}"}}]'
            error = {"message": f'Property "{unknown[0]}" does not exist', "code": "PROPERTY_DOESNT_EXIST"}
            raise RefusedError(self.failure(400, "VALIDATION_ERROR", message, errors=[error]))
        return given

    def _create(self, kind: str, given: Row) -> Row:
        properties = self._checked(kind, dict(given.get("properties") or {}))
        for name in self.unique[kind]:
            twin = self.one(kind, str(properties[name]), by=name) if properties.get(name) else None
            if twin is not None:
                message = f"{kind.rstrip('s').title()} already exists. Existing ID: {twin['id']}"
                raise RefusedError(self.failure(409, "CONFLICT", message))
        if kind in TIMED and not properties.get("hs_timestamp"):
            message = f"Error creating {SINGLE[kind].upper()}. Some required properties were not set."
            raise RefusedError(self.failure(400, "VALIDATION_ERROR", message))
        if kind == "tasks":
            properties = {"hs_task_status": "NOT_STARTED", **properties}
        at = self.tick()
        row = self.objects.made(kind, f"written:{self.written.count(kind)}", at, at, properties)
        self.written.create(kind, row["id"], row)
        for each in given.get("associations") or []:
            self._associate(kind, row["id"], str(each["to"]["id"]))
        if kind == "tasks" and row["properties"]["hs_task_status"] != "COMPLETED":
            self._task_given(row)
        return row

    def _task_given(self, row: Row) -> None:
        """Its company may be associated later."""

        def account() -> str | None:
            to = self.associated("tasks", row, "companies")
            return self.identities.key("hubspot", "companies", to[0]) if to else None

        own = row["properties"]
        said = f"{own['hs_task_subject'] or ''}\n{own['hs_task_body'] or ''}"
        self.hear(
            Heard(
                "crm",
                self.now,
                said,
                action_id=own["external_action_id"] or own.get("tierline_action_id"),
                account_of=account,
            )
        )

    def _associate(self, kind: str, number: str, to: str, other: str | None = None) -> None:
        kinds = [other] if other else list(TYPES)
        for each in kinds:
            if self.one(each, to) is not None:
                pair = {kind: number, each: to}
                self.written.create("association", f"{kind}/{number}/{each}/{to}", pair)
                return
        raise RefusedError(self.failure(400, "VALIDATION_ERROR", f"Object {to} does not exist"))

    def _update(self, kind: str, row: Row, given: Row) -> Row:
        self.written.change(kind, row["id"], self._checked(kind, given), self.tick())
        changed = self.one(kind, row["id"])
        if changed is None:
            raise RefusedError(self.not_found())
        return changed

    @route("POST", OBJECTS)
    def create(self, request: Request) -> Answer:
        kind, given = self.kind(request.variables["kind"]), request.json()
        row = self._create(kind, given)
        return Answer.json(self.shown(kind, row, list(given.get("properties") or {})), 201)

    @route("PATCH", f"{OBJECTS}/{{object_id}}")
    def update(self, request: Request) -> Answer:
        kind, by = self.kind(request.variables["kind"]), request.one("idProperty") or "hs_object_id"
        row = self.one(kind, request.variables["object_id"], by=by)
        if row is None:
            return self.not_found()
        given = dict(request.json().get("properties") or {})
        return Answer.json(self.shown(kind, self._update(kind, row, given), list(given)))

    @route("DELETE", f"{OBJECTS}/{{object_id}}")
    def archive(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        if self.one(kind, request.variables["object_id"]) is not None:
            self.written.change(kind, request.variables["object_id"], {"archived": True}, self.tick())
        return Answer(204)

    @route("POST", f"{OBJECTS}/merge")
    def merge(self, request: Request) -> Answer:
        """Both become one new record with the first one's properties, and are in no list any more."""
        kind, asked = self.kind(request.variables["kind"]), request.json()
        numbers = [str(asked[name]) for name in ("primaryObjectId", "objectIdToMerge")]
        first, second = (self.one(kind, number) for number in numbers)
        if first is None or second is None:
            return self.not_found()
        before = [row["properties"].get("hs_merged_object_ids") for row in (first, second)]
        own = {name: value for name, value in first["properties"].items() if name not in SYSTEM}
        own["hs_merged_object_ids"] = ";".join([*numbers, *filter(None, before)])
        at = self.tick()
        row = self.objects.made(kind, f"merged:{self.written.count('merge')}", at, at, own)
        row |= {name: value for name, value in first.items() if name[0] == "_" and name != "_first"}
        self.written.create(kind, row["id"], row)
        for number in numbers:
            self.written.create("merge", f"{kind}/{number}", {"merged": number, "into": row["id"]})
        return Answer.json(self.shown(kind, row, []))

    def _inputs(self, request: Request) -> list[Row]:
        inputs: list[Row] = request.json().get("inputs") or []
        if len(inputs) > BATCH_MOST:
            message = f"The maximum number of inputs is {BATCH_MOST}"
            raise RefusedError(self.failure(400, "VALIDATION_ERROR", message))
        return inputs

    def _batch(self, results: list[Row], missing: list[str], status: int = 200) -> Answer:
        """207 when some were not found."""
        error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects",
                 "context": {"ids": missing}, "links": {}, "errors": []}  # fmt: skip
        return self.batch(results, [error] if missing else [], status)

    @route("POST", f"{OBJECTS}/batch/read")
    def batch_read(self, request: Request) -> Answer:
        kind, asked = self.kind(request.variables["kind"]), request.json()
        by, names = asked.get("idProperty") or "hs_object_id", asked.get("properties") or []
        wanted, history = self._inputs(request), asked.get("propertiesWithHistory") or []
        if history and len(wanted) > HISTORY_MOST:
            message = (
                "The maximum number of inputs supported in a batch request for property histories is"
                f" {HISTORY_MOST}. Please reduce the number of items and try again"
            )
            return self.failure(400, "VALIDATION_ERROR", message)
        archived = request.one("archived") == "true"
        found = {
            number: self.one(kind, number, by=by, archived=archived)
            for number in (str(each["id"]) for each in wanted)
        }
        rows = [self.shown(kind, row, names, history) for row in found.values() if row is not None]
        return self._batch(rows, [number for number, row in found.items() if row is None])

    @route("POST", f"{OBJECTS}/batch/create")
    def batch_create(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        rows = [self._create(kind, each) for each in self._inputs(request)]
        return self._batch([self.shown(kind, row, []) for row in rows], [], 201)

    @route("POST", f"{OBJECTS}/batch/update")
    def batch_update(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        rows, missing = [], []
        for each in self._inputs(request):
            row = self.one(kind, str(each["id"]), by=each.get("idProperty") or "hs_object_id")
            if row is None:
                missing.append(str(each["id"]))
            else:
                given = each.get("properties") or {}
                rows.append(self.shown(kind, self._update(kind, row, given), list(given)))
        return self._batch(rows, missing)

    @route("POST", f"{OBJECTS}/batch/upsert")
    def batch_upsert(self, request: Request) -> Answer:
        """By a unique property; `new` says which came to be."""
        kind = self.kind(request.variables["kind"])
        rows = []
        for each in self._inputs(request):
            by = str(each.get("idProperty") or "")
            if by not in self.unique[kind]:
                message = f"idProperty {by!r} is not a unique property of {kind}"
                return self.failure(400, "VALIDATION_ERROR", message)
            given = {**(each.get("properties") or {}), by: each["id"]}
            row = self.one(kind, str(each["id"]), by=by)
            written = (
                self._create(kind, {"properties": given}) if row is None else self._update(kind, row, given)
            )
            rows.append({**self.shown(kind, written, list(given)), "new": row is None})
        return self._batch(rows, [])

    @route("GET", "/crm/v3/properties/{kind}/groups")
    def groups(self, request: Request) -> Answer:
        kind = self.kind(request.variables["kind"])
        own = [row for row in self.written.created("property group") if row["kind"] == kind]
        names = [f"{SINGLE[kind]}information", *(row["name"] for row in own)]
        return Answer.json({"results": [_group({"name": name, "label": name}) for name in names]})

    @route("POST", "/crm/v3/properties/{kind}/groups")
    def create_group(self, request: Request) -> Answer:
        kind, given = self.kind(request.variables["kind"]), request.json()
        row = {"kind": kind, "name": given["name"], "label": given["label"]}
        self.written.create("property group", f"{kind}/{given['name']}", row)
        return Answer.json(_group(given), 201)

    @route("POST", "/crm/v3/properties/{kind}")
    def create_property(self, request: Request) -> Answer:
        """Objects that stand there have no value of it yet."""
        kind, given = self.kind(request.variables["kind"]), request.json()
        name = str(given["name"])
        if name in self.objects.types[kind]:
            return self.failure(409, "CONFLICT", f"A property with the name {name} already exists")
        self.objects.declare(kind, name, str(given["type"]))
        if given.get("hasUniqueValue"):
            self.unique[kind] = (*self.unique[kind], name)
        self.written.create("property", f"{kind}/{name}", given)
        told = described(kind, name, str(given["type"]), name in self.unique[kind])
        return Answer.json({**told, **given}, 201)

    @route("PUT", "/crm/v4/objects/{kind}/{object_id}/associations/default/{other}/{to}")
    def associate(self, request: Request) -> Answer:
        kind, other = self.kind(request.variables["kind"]), self.kind(request.variables["other"])
        number, to = request.variables["object_id"], request.variables["to"]
        if self.one(kind, number) is None:
            return self.not_found()
        self._associate(kind, number, to, other)
        return self.batch([hubspot_associations.default(number, to)], [])


def _group(given: Row) -> Row:
    return {"displayOrder": -1, **given, "archived": False}
