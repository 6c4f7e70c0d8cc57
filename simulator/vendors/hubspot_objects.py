"""HubSpot's companies, contacts, deals and tasks, made from the company's rows. Property values are text."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

TYPES = {"companies": "0-2", "contacts": "0-1", "deals": "0-3", "tasks": "0-27"}
PROPERTIES = {
    "companies": "name domain industry numberofemployees annualrevenue hubspot_owner_id lifecyclestage"
    " external_account_id plan region renewal_date health_score health_tier churn_risk",
    "contacts": "email firstname lastname jobtitle hubspot_owner_id external_user_id is_champion",
    "deals": "dealname dealstage amount closedate dealtype hubspot_owner_id hs_is_closed hs_is_closed_won"
    " external_opportunity_id",
    "tasks": "hs_timestamp hs_task_subject hs_task_body hs_task_status hs_task_priority hs_task_type"
    " hubspot_owner_id duration_minutes external_action_id",
}
UNIQUE = {
    "companies": ("external_account_id",), "contacts": ("email", "external_user_id"),
    "deals": ("external_opportunity_id",), "tasks": ("external_action_id",),
}  # fmt: skip
SHOWN = {
    "companies": ("name", "domain"), "contacts": ("email", "firstname", "lastname"),
    "deals": ("dealname", "amount", "dealstage", "closedate"), "tasks": ("hs_timestamp", "hs_task_subject"),
}  # fmt: skip


def modified(kind: str) -> str:
    """The property that holds when a row last changed: contacts have a name of their own for it."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def text(value: Any) -> str | None:
    """As HubSpot stores it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


class HubspotObjects:
    def __init__(
        self, view: View, identities: Identities, written: Written, more: dict[str, list[str]]
    ) -> None:
        self._view, self._identities, self._written = view, identities, written
        self.properties = {
            kind: [
                *PROPERTIES[kind].split(),
                "createdate",
                modified(kind),
                "hs_object_id",
                *more.get(kind, []),
            ]
            for kind in TYPES
        }
        self._make: dict[str, Callable[[], list[Row]]] = {
            "companies": self._companies,
            "contacts": self._contacts,
            "deals": self._deals,
            "tasks": self._tasks,
        }

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
        """Archived ones too. `_company`: whom it belongs to."""
        own: list[Row] = self._view.derived(f"hubspot own {kind}", self._make[kind])
        rows = [*own, *self._written.created(kind)]
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
            **gone,
        }

    def _owner(self, account: str | None) -> str | None:
        row = self._view.row("accounts", account)
        return self.owner_id(row["csm_id"]) if row else None

    def _companies(self) -> list[Row]:
        rows = []
        for row in self._view.rows("accounts"):
            key = row["account_id"]
            properties = {
                "name": self._identities.name("hubspot", key, row["name"]),
                "domain": self._identities.domain("hubspot", key, row["domain"]), "industry": row["industry"],
                "numberofemployees": row["employees"], "annualrevenue": row["arr"], "plan": row["plan"],
                "region": row["region"], "renewal_date": row["renewal_on"], 
                "hubspot_owner_id": self._owner(key),
                "lifecyclestage": "customer" if row["status"] == "active" else "other",
                "external_account_id": self._identities.external_id("hubspot", "companies", key),
            }  # fmt: skip
            rows.append(self.made("companies", key, row["signed_up_at"], row["updated_at"], properties))
        return rows

    def _contacts(self) -> list[Row]:
        """Of people who left about half are archived; the others stand there as if nothing had happened."""
        rows = []
        for row in self._view.rows("users"):
            first, _, last = row["name"].partition(" ")
            email = self._identities.email("hubspot", row["email"])
            properties = {
                "email": email.lower() if email else None, "firstname": first, "lastname": last,
                "jobtitle": row["title"], "hubspot_owner_id": self._owner(row["account_id"]),
                "external_user_id": self._identities.external_id("hubspot", "contacts", row["user_id"]),
                "is_champion": row["is_champion"],
            }  # fmt: skip
            made = self.made("contacts", row["user_id"], row["created_at"], row["updated_at"], properties)
            if row["deactivated_at"] is not None and sum(row["user_id"].encode()) % 2:
                made |= {"archived": True, "archivedAt": text(row["deactivated_at"])}
            rows.append({**made, "_company": self.new_id("companies", row["account_id"])})
        return rows

    def _deals(self) -> list[Row]:
        rows = []
        for row in self._view.rows("opportunities"):
            key = row["opportunity_id"]
            properties = {
                "dealname": f"{row['kind'].title()} {row['closes_on']}", "amount": row["amount"],
                "dealstage": row["stage"].replace("_", ""), "closedate": row["closes_on"],
                "dealtype": "newbusiness" if row["kind"] == "new" else "existingbusiness",
                "hs_is_closed": row["is_closed"], "hs_is_closed_won": row["is_won"],
                "hubspot_owner_id": self._owner(row["account_id"]),
                "external_opportunity_id": self._identities.external_id("hubspot", "deals", key),
            }  # fmt: skip
            made = self.made("deals", key, row["created_at"], row["updated_at"], properties)
            rows.append({**made, "_company": self.new_id("companies", row["account_id"])})
        return rows

    def _tasks(self) -> list[Row]:
        """What CSMs did, logged as completed tasks."""
        rows = []
        for row in self._view.rows("csm_activities"):
            properties = {
                "hs_timestamp": row["started_at"], "hs_task_subject": row["kind"], 
                "hs_task_body": row["note"],
                "hs_task_status": "COMPLETED", "hs_task_priority": "NONE", "hs_task_type": "TODO",
                "hubspot_owner_id": self.owner_id(row["csm_id"]), "duration_minutes": row["minutes"],
                "external_action_id": row["action_id"],
            }  # fmt: skip
            made = self.made("tasks", row["activity_id"], row["started_at"], row["updated_at"], properties)
            belongs = self.new_id("companies", row["account_id"]) if row["account_id"] else None
            rows.append({**made, "_company": belongs})
        return rows
