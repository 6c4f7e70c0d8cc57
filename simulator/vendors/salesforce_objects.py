"""Salesforce's records, made from the company's rows."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from simulator.vendors.identities import Identities
from simulator.vendors.salesforce_cases import cases
from simulator.vendors.salesforce_fields import EXTERNAL_IDS, PARENTS, PREFIXES, day, stamp, types
from simulator.vendors.salesforce_histories import FIELD_HISTORY, HISTORY, history_rows
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

REVENUE_PER_HEAD = 110_000  # the customer's own revenue
MEETINGS = ("qbr", "onboarding")  # kept in the calendar; other work of CSMs is logged as completed tasks


class SalesforceObjects:
    """Records carry every field of their object, null where nothing is known."""

    def __init__(
        self, view: View, identities: Identities, written: Written, more: dict[str, list[str]]
    ) -> None:
        self._view, self._identities, self._written = view, identities, written
        self.types = {kind: types(kind, more.get(kind, [])) for kind in PREFIXES}
        self.fields = {kind: list(fields) for kind, fields in self.types.items()}
        self._make: dict[str, Callable[[], list[Row]]] = {
            "Account": self._accounts,
            "Contact": self._contacts,
            "Opportunity": self._opportunities,
            "Task": self._tasks,
            "Event": self._events,
            "User": self._users,
            "Case": lambda: cases(self, self._view, self._identities),
            HISTORY: lambda: self._histories(HISTORY),
            FIELD_HISTORY: lambda: self._histories(FIELD_HISTORY),
        }

    def new_id(self, kind: str, key: str) -> str:
        return self._identities.salesforce_id(kind, PREFIXES[kind], key)

    def records(self, kind: str) -> list[Row]:
        """Deleted ones too, with `IsDeleted`."""
        name = f"salesforce own {kind} {self._written.count(kind)}"
        own: list[Row] = self._view.derived(name, self._make[kind])
        created = self._written.created(kind)
        rows = [*own, *(map(self._completed, created) if kind == "Task" else created)]
        return [self._with_changes(kind, row) for row in rows]

    def _with_changes(self, kind: str, row: Row) -> Row:
        fields, at = self._written.changes(kind, row["Id"])
        if at is None:
            return row
        last = max(row["LastModifiedDate"], stamp(at) or "")
        return {**row, **fields, "LastModifiedDate": last, "SystemModstamp": last}

    def blank(self, kind: str, key: str, begun: datetime, changed: datetime) -> Row:
        """A record of which only the system fields are known."""
        moments = {"CreatedDate": stamp(begun), "LastModifiedDate": stamp(changed)}
        system = {
            "Id": self.new_id(kind, key),
            "IsDeleted": False,
            **moments,
            "SystemModstamp": stamp(changed),
        }
        return {**dict.fromkeys(self.fields[kind]), **system}

    def owner(self, account: str | None) -> str | None:
        row = self._view.row("accounts", account)
        return self.new_id("User", row["csm_id"]) if row else None

    def _external(self, kind: str, key: str) -> Row:
        return {EXTERNAL_IDS[kind]: self._identities.external_id("salesforce", kind, key)}

    def _accounts(self) -> list[Row]:
        return [
            {
                **self.blank("Account", row["account_id"], row["signed_up_at"], row["updated_at"]),
                **self._external("Account", row["account_id"]),
                "Name": self._identities.name("salesforce", row["account_id"], row["name"]),
                "Website": self._identities.domain("salesforce", row, self._view.parent(row)),
                "Industry": row["industry"], "NumberOfEmployees": row["employees"],
                "OwnerId": self.owner(row["account_id"]), "ARR__c": row["arr"],
                "AnnualRevenue": row["employees"] * REVENUE_PER_HEAD,
                "ParentId": self.new_id("Account", p) if (p := row["parent_account_id"]) else None,
                "Type": "Customer" if row["status"] == "active" else "Former Customer",
                "Plan__c": row["plan"], "Region__c": row["region"], "Segment__c": row["segment"],
                "Renewal_Date__c": day(row["renewal_on"]), "Currency__c": row["currency"],
                "Signed_Up_At__c": stamp(row["signed_up_at"]), "Churned_On__c": day(row["churned_on"]),
                "Contract_Start_Date__c": day(row["contract_started_on"]),
                "Wants_Human__c": row["wants_human"], "Time_Zone__c": row["timezone"],
                "Has_Executive_Sponsor__c": row["has_executive_sponsor"],
                "Configuration__c": row["configuration"],
            }
            for row in self._view.rows("accounts")
        ]  # fmt: skip

    def _contacts(self) -> list[Row]:
        return self._view.each("salesforce Contact", self._view.rows("users"), self._contact)

    def _contact(self, row: Row) -> Row:
        """Of people who left about half are deleted; the others stand there as if nothing had happened."""
        first, _, last = row["name"].partition(" ")
        cleared = sum(row["user_id"].encode()) % 2 == 0
        return {
            **self.blank("Contact", row["user_id"], row["created_at"], row["updated_at"]),
            **self._external("Contact", row["user_id"]),
            "AccountId": self.new_id("Account", row["account_id"]), "FirstName": first,
            "LastName": last or first, "Name": row["name"], "Title": row["title"],
            "Email": self._identities.email("salesforce", row["email"]),
            "OwnerId": self.owner(row["account_id"]), "Is_Champion__c": row["is_champion"],
            "Role__c": row["role"], "Deactivated_At__c": stamp(row["deactivated_at"]),
            "HasOptedOutOfEmail": row["is_unsubscribed"],
            "EmailBouncedDate": stamp(row["updated_at"]) if row["is_bounced"] else None,
            "IsDeleted": row["deactivated_at"] is not None and cleared,
        }  # fmt: skip

    def _opportunities(self) -> list[Row]:
        return [
            {
                **self.blank("Opportunity", row["opportunity_id"], row["created_at"], self._moved(row)),
                **self._external("Opportunity", row["opportunity_id"]),
                "AccountId": self.new_id("Account", row["account_id"]),
                "Name": f"{row['kind'].title()} {row['closes_on']}", "StageName": row["stage"],
                "Amount": row["amount"], "CloseDate": day(row["closes_on"]), "Type": row["kind"],
                "IsClosed": row["is_closed"], "IsWon": row["is_won"],
                "OwnerId": self.owner(row["account_id"]),
                "Probability": 100.0 if row["is_won"] else 0.0 if row["is_closed"] else 50.0,
            }
            for row in self._view.rows("opportunities")
        ]  # fmt: skip

    def _moved(self, opportunity: Row) -> datetime:
        """When it last changed: never before it came into its stage."""
        at: datetime = opportunity["updated_at"]
        return max(at, self._view.stages(opportunity)[-1][0])

    def _histories(self, kind: str) -> list[Row]:
        made = self._view.each("salesforce histories", self._view.rows("opportunities"), self._history)
        return [row for each in made for row in each[kind]]

    def _history(self, row: Row) -> dict[str, list[Row]]:
        return history_rows(self, self._view, row, by=self.owner(row["account_id"]))

    def _activity(self, kind: str, row: Row) -> Row:
        """What tasks and events say alike of a CSM's work."""
        account = self.new_id("Account", row["account_id"]) if row["account_id"] else None
        return {
            **self.blank(kind, row["activity_id"], row["started_at"], row["updated_at"]),
            "Subject": row["kind"], "Type": row["kind"], "Description": row["note"],
            "ActivityDate": day(row["started_at"]), "OwnerId": self.new_id("User", row["csm_id"]),
            "WhatId": account, "AccountId": account, "External_Action_Id__c": row["action_id"],
        }  # fmt: skip

    def _tasks(self) -> list[Row]:
        given = self._given()
        done = [
            row
            for row in self._view.rows("csm_activities")
            if row["kind"] not in MEETINGS and row["action_id"] not in given
        ]
        return self._view.each("salesforce Task", done, self._task)

    def _given(self) -> dict[str, Row]:
        """Tasks that somebody wrote, by their action: what a CSM did about one stands on it."""
        written = self._written.created("Task")
        return {row["External_Action_Id__c"]: row for row in written if row["External_Action_Id__c"]}

    def _completed(self, row: Row) -> Row:
        """A written task with what the CSM did about it."""
        done = self._view.activity_of(row["External_Action_Id__c"])
        if done is None or row["IsClosed"]:
            return row
        last = max(row["LastModifiedDate"], stamp(done["updated_at"]) or "")
        told = self._task(done)
        names = ("Status", "IsClosed", "CompletedDateTime", "CallDurationInSeconds")
        return {
            **row,
            **{name: told[name] for name in names},
            "LastModifiedDate": last,
            "SystemModstamp": last,
        }

    def _task(self, row: Row) -> Row:
        """What a CSM did, logged as a completed task."""
        return {
            **self._activity("Task", row),
            "Status": "Completed", "Priority": "Normal", "IsClosed": True,
            "TaskSubtype": "Call" if row["kind"] == "outreach" else "Task",
            "CallDurationInSeconds": round(row["minutes"] * 60),
            "CompletedDateTime": stamp(row["started_at"]),
        }  # fmt: skip

    def _events(self) -> list[Row]:
        held = [row for row in self._view.rows("csm_activities") if row["kind"] in MEETINGS]
        return self._view.each("salesforce Event", held, self._event)

    def _event(self, row: Row) -> Row:
        """A meeting of a CSM with a customer."""
        return {
            **self._activity("Event", row),
            "StartDateTime": stamp(row["started_at"]), "IsAllDayEvent": False,
            "EndDateTime": stamp(row["started_at"] + timedelta(minutes=row["minutes"])),
            "DurationInMinutes": round(row["minutes"]),
        }  # fmt: skip

    def _users(self) -> list[Row]:
        begun = min((row["signed_up_at"] for row in self._view.rows("accounts")), default=self._view.now)
        return [
            {
                **self.blank("User", row["csm_id"], begun, begun),
                **self._external("User", row["csm_id"]), "Name": row["name"], "Email": row["email"],
                "Username": row["email"], "IsActive": True, "TimeZoneSidKey": row["timezone"],
                "ManagerId": self.new_id("User", row["manager_id"]) if row["manager_id"] else None,
                "Title": "Customer Success Manager",
            }
            for row in self._view.rows("csms")
        ]  # fmt: skip


def with_parents(row: Row, find: Callable[[str, str], Row | None], names: list[str]) -> Row:
    """The record with those parents attached that the query mentions (`Account.Name`, `Owner.Email`)."""
    shown: dict[str, Any] = dict(row)
    for field, (relation, kind) in PARENTS.items():
        wanted = [name for name in names if name.lower().startswith(f"{relation.lower()}.")]
        if wanted and field in row:
            shown[relation] = find(kind, row[field]) if row[field] else None
    return shown
