"""ChurnZero's entities, made from the company's rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from simulator.vendors import judgement
from simulator.vendors.identities import Identities
from simulator.vendors.vendor import iso
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

DATES = ("ObjectCreatedDate", "ObjectLastModifiedDate")
ENTITIES: dict[str, tuple[str, ...]] = {
    "Account": (
        "Id", "ExternalId", "CrmId", "Name", "IsActive", "StartDate", "EndDate", "NextRenewalDate",
        "TotalContractAmount", "UserAccountId", "ParentAccountId", "PrimaryChurnScoreId",
        "PrimaryChurnScoreValue", "TenureInDays", "Cf", *DATES,
    ),
    "Contact": (
        "Id", "AccountId", "ExternalId", "CrmId", "Email", "FirstName", "LastName", "FullName", "Title",
        *DATES,
    ),
    "UserAccount": ("Id", "Email", "FirstName", "LastName", "FullName", "IsActive"),
    "Task": (
        "Id", "AccountId", "UserAccountId", "Subject", "TypeName", "StatusName", "PriorityName", "DueDate",
        "CompletedDate", *DATES,
    ),
    "Event": (
        "Id", "AccountId", "ContactId", "EventTypeName", "EventDate", "Description", "Quantity", *DATES,
    ),
    "EventType": ("Id", "Name"),
    "ChurnScore": ("Id", "Name"),
    "ChurnScoreCalculation": ("Id", "AccountId", "ChurnScoreId", "Score", "CalculationDay", "IsPrimary"),
    "Survey": ("Id", "Name"),
    "SurveyResponse": ("Id", "SurveyId", "AccountId", "Score", "Comment", "ResponseDate"),
    "Segment": ("Id", "Name"),
}  # fmt: skip
SCORE, SURVEY = 1, 1


class ChurnzeroObjects:
    def __init__(self, view: View, identities: Identities, written: Written) -> None:
        self._view, self._identities, self._written = view, identities, written
        self._make: dict[str, Callable[[], list[Row]]] = {
            "Account": self._accounts, "Contact": self._contacts, "UserAccount": self._user_accounts,
            "Task": self._tasks, "Event": lambda: self._written.created("Event"),
            "EventType": self._event_types, "ChurnScore": lambda: [{"Id": SCORE, "Name": "Churn risk"}],
            "ChurnScoreCalculation": self._calculations,
            "Survey": lambda: [{"Id": SURVEY, "Name": "NPS"}], "SurveyResponse": list,
            "Segment": lambda: [{"Id": 1, "Name": "All accounts"}],
        }  # fmt: skip

    def new_id(self, kind: str, key: str) -> int:
        return self._identities.number("churnzero", kind, key, digits=9)

    def rows(self, entity: str) -> list[Row]:
        return sorted(self._make[entity](), key=lambda row: int(row["Id"]))

    def _dates(self, begun: datetime, changed: datetime) -> Row:
        return {"ObjectCreatedDate": iso(begun), "ObjectLastModifiedDate": iso(changed)}

    def _accounts(self) -> list[Row]:
        return [self._account(row) for row in self._view.rows("accounts")]

    def _account(self, row: Row) -> Row:
        key, ids = row["account_id"], self._identities
        number, parent = self.new_id("Account", key), row["parent_account_id"]
        attributes, at = self._written.changes("Account", number)
        in_crm = ids.share("churnzero", key, "crm id") < 0.9  # noqa: PLR2004 -- nearly all of them
        signed_up: datetime = row["signed_up_at"]
        return {
            "Id": number, "ExternalId": ids.external_id("churnzero", "Account", key),
            "CrmId": ids.salesforce_id("Account", "001", key) if in_crm else None,
            "Name": ids.name("churnzero", key, row["name"]), "IsActive": row["status"] == "active",
            "StartDate": _midnight(row["contract_started_on"]), "EndDate": _midnight(row["churned_on"]),
            "NextRenewalDate": _midnight(row["renewal_on"]), "TotalContractAmount": row["arr"],
            "UserAccountId": self.new_id("UserAccount", row["csm_id"]),
            "ParentAccountId": self.new_id("Account", parent) if parent else None,
            "PrimaryChurnScoreId": SCORE, "PrimaryChurnScoreValue": self._risk(key),
            "TenureInDays": (self._view.today - signed_up.date()).days, "Cf": attributes,
            **self._dates(signed_up, max(row["updated_at"], at or row["updated_at"])),
        }  # fmt: skip

    def _risk(self, account: str) -> float:
        return round(100 - judgement.scores(self._view)[account], 1)

    def _contacts(self) -> list[Row]:
        return self._view.each("churnzero contacts", self._view.rows("users"), self._contact)

    def _contact(self, row: Row) -> Row:
        first, _, last = row["name"].partition(" ")
        key, ids = row["user_id"], self._identities
        return {
            "Id": self.new_id("Contact", key), "AccountId": self.new_id("Account", row["account_id"]),
            "ExternalId": ids.external_id("churnzero", "Contact", key), "CrmId": None,
            "Email": ids.email("churnzero", row["email"]), "FirstName": first, "LastName": last,
            "FullName": row["name"], "Title": row["title"],
            **self._dates(row["created_at"], row["updated_at"]),
        }  # fmt: skip

    def _user_accounts(self) -> list[Row]:
        rows = []
        for csm in self._view.rows("csms"):
            first, _, last = csm["name"].partition(" ")
            rows.append(
                {"Id": self.new_id("UserAccount", csm["csm_id"]), "Email": csm["email"], "FirstName": first,
                 "LastName": last, "FullName": csm["name"], "IsActive": True}
            )  # fmt: skip
        return rows

    def _tasks(self) -> list[Row]:
        """What CSMs did for their accounts."""
        done = [row for row in self._view.rows("csm_activities") if row["account_id"]]
        return self._view.each("churnzero tasks", done, self._task)

    def _task(self, row: Row) -> Row:
        at = iso(row["started_at"])
        return {
            "Id": self.new_id("Task", row["activity_id"]), "Subject": row["kind"], "TypeName": row["kind"],
            "AccountId": self.new_id("Account", row["account_id"]),
            "UserAccountId": self.new_id("UserAccount", row["csm_id"]), "StatusName": "Complete",
            "PriorityName": "Normal", "DueDate": at, "CompletedDate": at,
            **self._dates(row["started_at"], row["updated_at"]),
        }  # fmt: skip

    def _event_types(self) -> list[Row]:
        names = sorted({row["EventTypeName"] for row in self._written.created("Event")})
        return [{"Id": self.new_id("EventType", name), "Name": name} for name in names]

    def _calculations(self) -> list[Row]:
        """Today's."""
        today = _midnight(self._view.today)
        return [
            {"Id": self.new_id("ChurnScoreCalculation", f"{today}/{row['account_id']}"),
             "AccountId": self.new_id("Account", row["account_id"]), "ChurnScoreId": SCORE,
             "Score": self._risk(row["account_id"]), "CalculationDay": today, "IsPrimary": True}
            for row in self._view.rows("accounts")
        ]  # fmt: skip


def _midnight(on: Any) -> str | None:
    return iso(datetime.combine(on, time(), UTC)) if isinstance(on, date) else None
