"""HubSpot's objects, made from the company's rows. Property values are text."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from simulator.vendors.hubspot_histories import versions
from simulator.vendors.hubspot_properties import TYPES, modified, types
from simulator.vendors.hubspot_tickets import notes, tickets
from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

REVENUE_PER_HEAD = 110_000  # the customer's own revenue
MEETINGS, CALLS = ("qbr", "onboarding"), ("outreach",)  # kinds of work; the others are logged as tasks


def text(value: Any) -> str | None:
    """As HubSpot stores it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value.isoformat()[:19]}.000Z"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


class HubspotObjects:
    def __init__(
        self, view: View, identities: Identities, written: Written, more: dict[str, list[str]]
    ) -> None:
        self._view, self._identities, self._written = view, identities, written
        self.types = {kind: types(kind, more.get(kind, [])) for kind in TYPES}
        self.properties = {kind: list(each) for kind, each in self.types.items()}
        self._make: dict[str, Callable[[], list[Row]]] = {
            "companies": self._companies,
            "contacts": self._contacts,
            "deals": self._deals,
            "tasks": self._tasks,
            "meetings": self._meetings,
            "calls": self._calls,
            "tickets": lambda: tickets(self, self._view),
            "notes": lambda: notes(self, self._view),
        }

    def declare(self, kind: str, name: str, type_of: str) -> None:
        """A property that somebody adds: objects show it from now on."""
        self.types[kind][name] = type_of
        self.properties[kind].append(name)

    def new_id(self, kind: str, key: str) -> str:
        return str(self._identities.number("hubspot", kind, key, digits=11))

    def owner_id(self, csm: str) -> str:
        return str(self._identities.number("hubspot", "owners", csm, digits=8))

    def owners(self) -> list[Row]:
        begun = text(min((r["signed_up_at"] for r in self._view.rows("accounts")), default=self._view.now))
        rows = []
        for csm in self._view.rows("csms"):
            first, _, last = csm["name"].partition(" ")
            number = self.owner_id(csm["csm_id"])
            names = {
                "id": number,
                "email": csm["email"],
                "firstName": first,
                "lastName": last,
                "type": "PERSON",
            }
            rows.append({**names, "userId": int(number) + 1, "createdAt": begun, "updatedAt": begun,
                         "archived": False, "teams": []})  # fmt: skip
        return rows

    def objects(self, kind: str) -> list[Row]:
        """Archived ones too, but none that was merged into another. `_company`: whom it belongs to."""
        name = f"hubspot own {kind} {self._written.count('tasks')}"
        own: list[Row] = self._view.derived(name, self._make[kind])
        created = self._written.created(kind)
        rows = [*own, *(map(self._completed, created) if kind == "tasks" else created)]
        merged = {each["merged"] for each in self._written.created("merge")}
        rows = [row for row in rows if row["id"] not in merged]
        return sorted((self._with_changes(kind, row) for row in rows), key=lambda row: int(row["id"]))

    def made(self, kind: str, key: str, begun: datetime, changed: datetime, properties: Row) -> Row:
        """An object with every property its type has."""
        number = self.new_id(kind, key)
        system = {"createdate": text(begun), modified(kind): text(changed), "hs_object_id": number}
        given = {name: text(value) for name, value in properties.items()}
        own = {**dict.fromkeys(self.properties[kind]), **system, **given}
        times = {"createdAt": text(begun), "updatedAt": text(changed)}
        return {"id": number, "properties": own, **times, "archived": False}

    def _with_changes(self, kind: str, row: Row) -> Row:
        fields, at = self._written.changes(kind, row["id"])
        if at is None:
            return row
        last = max(row["updatedAt"], text(at) or "")
        own = {name: text(value) for name, value in fields.items() if name != "archived"}
        gone = {"archived": True, "archivedAt": last} if fields.get("archived") else {}
        return {
            **row,
            "properties": {**row["properties"], **own, modified(kind): last},
            "updatedAt": last,
            "_first": row["properties"],
            **gone,
        }

    def histories(self, kind: str, row: Row, names: list[str]) -> dict[str, list[Row]]:
        """Every version of these properties, the newest first."""
        steps = self._written.steps(kind, row["id"])
        deal = self._view.row("opportunities", row.get("_opportunity"))
        stages = [(text(at) or "", _stage(stage)) for at, stage in self._view.stages(deal)] if deal else []
        known: dict[str, list[tuple[str, str | None]]] = {"dealstage": [*stages]}
        found = {}
        for name in names:
            if name in row["properties"]:
                written = [(text(at) or "", text(fields[name])) for fields, at in steps if name in fields]
                found[name] = versions(row, name, known.get(name, []), written)
        return found

    def _owner(self, account: str | None) -> str | None:
        row = self._view.row("accounts", account)
        return self.owner_id(row["csm_id"]) if row else None

    def _companies(self) -> list[Row]:
        rows = []
        for row in self._view.rows("accounts"):
            key, parent = row["account_id"], row["parent_account_id"]
            properties = {
                "name": self._identities.name("hubspot", key, row["name"]),
                "domain": self._identities.domain("hubspot", row, self._view.parent(row)),
                "industry": row["industry"],
                "numberofemployees": row["employees"], "arr": row["arr"], "plan": row["plan"],
                "region": row["region"], "renewal_date": row["renewal_on"],
                "signed_up_at": row["signed_up_at"], "contract_start_date": row["contract_started_on"],
                "churned_on": row["churned_on"], "segment": row["segment"], "currency": row["currency"],
                "wants_human": row["wants_human"], "has_executive_sponsor": row["has_executive_sponsor"],
                "time_zone": row["timezone"], "configuration": row["configuration"],
                "hs_parent_company_id": self.new_id("companies", parent) if parent else None,
                "annualrevenue": row["employees"] * REVENUE_PER_HEAD,
                "hubspot_owner_id": self._owner(key),
                "lifecyclestage": "customer" if row["status"] == "active" else "other",
                "external_account_id": self._identities.external_id("hubspot", "companies", key),
            }  # fmt: skip
            rows.append(self.made("companies", key, row["signed_up_at"], row["updated_at"], properties))
        return rows

    def _contacts(self) -> list[Row]:
        return self._view.each("hubspot contacts", self._view.rows("users"), self._contact)

    def _contact(self, row: Row) -> Row:
        """Of people who left about half are archived; the others stand there as if nothing had happened."""
        first, _, last = row["name"].partition(" ")
        email = self._identities.email("hubspot", row["email"])
        properties = {
            "email": email.lower() if email else None, "firstname": first, "lastname": last,
            "jobtitle": row["title"], "hubspot_owner_id": self._owner(row["account_id"]),
            "external_user_id": self._identities.external_id("hubspot", "contacts", row["user_id"]),
            "is_champion": row["is_champion"], "role": row["role"],
            "deactivated_at": row["deactivated_at"],
            "hs_email_optout": row["is_unsubscribed"] or None,
            "hs_email_hard_bounce_reason_enum": "UNKNOWN_USER" if row["is_bounced"] else None,
        }  # fmt: skip
        made = self.made("contacts", row["user_id"], row["created_at"], row["updated_at"], properties)
        if row["deactivated_at"] is not None and sum(row["user_id"].encode()) % 2:
            made |= {"archived": True, "archivedAt": text(row["deactivated_at"])}
        return {**made, "_company": self.new_id("companies", row["account_id"])}

    def _deals(self) -> list[Row]:
        rows = []
        for row in self._view.rows("opportunities"):
            key = row["opportunity_id"]
            properties = {
                "dealname": f"{row['kind'].title()} {row['closes_on']}", "amount": row["amount"],
                "dealstage": _stage(row["stage"]), "closedate": row["closes_on"],
                "dealtype": "newbusiness" if row["kind"] == "new" else "existingbusiness",
                "pipeline": "default",
                "hs_is_closed": row["is_closed"], "hs_is_closed_won": row["is_won"],
                "hubspot_owner_id": self._owner(row["account_id"]),
                "external_opportunity_id": self._identities.external_id("hubspot", "deals", key),
            }  # fmt: skip
            made = self.made("deals", key, row["created_at"], row["updated_at"], properties)
            company = self.new_id("companies", row["account_id"])
            rows.append({**made, "_company": company, "_opportunity": key})
        return rows

    def _activities(self, kind: str, of: Callable[[Row], bool], told: Callable[[Row], Row]) -> list[Row]:
        """What CSMs did, as objects of the kind."""

        def make(row: Row) -> Row:
            properties = {
                "hs_timestamp": row["started_at"], "hubspot_owner_id": self.owner_id(row["csm_id"]),
                "external_action_id": row["action_id"], **told(row),
            }  # fmt: skip
            made = self.made(kind, row["activity_id"], row["started_at"], row["updated_at"], properties)
            belongs = self.new_id("companies", row["account_id"]) if row["account_id"] else None
            return {**made, "_company": belongs}

        given = {row["properties"]["external_action_id"] for row in self._written.created("tasks")} - {None}
        done = (row for row in self._view.rows("csm_activities") if of(row))
        return self._view.each(
            f"hubspot {kind}", [row for row in done if row["action_id"] not in given], make
        )

    def _completed(self, row: Row) -> Row:
        """A written task with what the CSM did about it."""
        own = row["properties"]
        done = self._view.activity_of(own["external_action_id"])
        if done is None or own["hs_task_status"] == "COMPLETED":
            return row
        last = max(row["updatedAt"], text(done["updated_at"]) or "")
        told = {"hs_task_status": "COMPLETED", "hs_task_completion_date": text(done["started_at"]),
                "duration_minutes": text(done["minutes"]), modified("tasks"): last}  # fmt: skip
        return {**row, "properties": {**own, **told}, "updatedAt": last}

    def _tasks(self) -> list[Row]:
        """Completed ones."""

        def told(row: Row) -> Row:
            return {
                "hs_task_subject": row["kind"], "hs_task_body": row["note"], "hs_task_status": "COMPLETED",
                "hs_task_priority": "NONE", "hs_task_type": "TODO",
                "hs_task_completion_date": row["started_at"], "duration_minutes": row["minutes"],
            }  # fmt: skip

        others = (*MEETINGS, *CALLS)
        return self._activities("tasks", lambda r: r["kind"] not in others or _on_task(r), told)

    def _meetings(self) -> list[Row]:
        def told(row: Row) -> Row:
            ended = row["started_at"] + timedelta(minutes=row["minutes"])
            return {
                "hs_meeting_title": row["kind"], "hs_meeting_body": row["note"],
                "hs_meeting_start_time": row["started_at"], "hs_meeting_end_time": ended,
                "hs_meeting_outcome": "COMPLETED", "hs_activity_type": row["kind"],
            }  # fmt: skip

        return self._activities("meetings", lambda r: r["kind"] in MEETINGS and not _on_task(r), told)

    def _calls(self) -> list[Row]:
        def told(row: Row) -> Row:
            return {
                "hs_call_title": row["kind"], "hs_call_body": row["note"], "hs_call_status": "COMPLETED",
                "hs_call_duration": round(row["minutes"] * 60_000), "hs_activity_type": row["kind"],
            }  # fmt: skip

        return self._activities("calls", lambda r: r["kind"] in CALLS and not _on_task(r), told)


def _stage(stage: str) -> str:
    """As the portal's pipeline calls it."""
    return stage.replace("_", "")


def _on_task(row: Row) -> bool:
    """Done because somebody gave the CSM a task."""
    return row["action_id"] is not None
