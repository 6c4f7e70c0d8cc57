"""Salesforce's cases: the company's tickets, where the org is the desk, too."""

from datetime import datetime
from typing import Protocol

from simulator.vendors.identities import Identities
from simulator.vendors.requesters import requester
from simulator.vendors.salesforce_fields import EXTERNAL_IDS, stamp
from simulator.vendors.view import Row, View

KIND, QUEUE = "Case", ("Group", "00G", "support")  # the queue owns what no CSM works on
STATUSES = {"new": "New", "pending": "Waiting on Customer", "solved": "Closed"}
PRIORITIES = {"low": "Low", "normal": "Medium", "high": "High", "urgent": "Critical"}


class Records(Protocol):
    def new_id(self, kind: str, key: str) -> str: ...
    def blank(self, kind: str, key: str, begun: datetime, changed: datetime) -> Row: ...
    def owner(self, account: str | None) -> str | None: ...


def cases(records: Records, view: View, identities: Identities) -> list[Row]:
    return view.each(
        "salesforce Case", view.rows("tickets"), lambda row: _case(records, view, identities, row)
    )


def _case(records: Records, view: View, identities: Identities, row: Row) -> Row:
    account, user = requester(view, row)
    by_csm = row["handled_by"] == "csm" and account is not None
    is_closed = row["status"] == "solved"
    working = "Escalated" if row["is_escalated"] else "Working"
    key = row["ticket_id"]
    return {
        **records.blank(KIND, key, row["created_at"], row["updated_at"]),
        EXTERNAL_IDS[KIND]: identities.external_id("salesforce", KIND, key),
        "CaseNumber": f"{identities.number('salesforce', 'CaseNumber', key, digits=8):08d}",
        "AccountId": records.new_id("Account", account) if account else None,
        "ContactId": records.new_id("Contact", user["user_id"]) if user else None,
        "ContactEmail": identities.email("salesforce", user["email"]) if user else None,
        "SuppliedEmail": row["requester_email"],
        "Subject": row["subject"], "Description": row["subject"],
        "Status": STATUSES.get(row["status"], working), "Priority": PRIORITIES[row["priority"]],
        "Origin": row["channel"].title(), "Type": row["topic"],
        "IsClosed": is_closed, "IsEscalated": row["is_escalated"],
        "ClosedDate": stamp(row["solved_at"]) if is_closed else None,
        "OwnerId": records.owner(account) if by_csm else identities.salesforce_id(*QUEUE),
        "First_Response_At__c": stamp(row["first_response_at"]),
        "First_Human_Response_At__c": stamp(row["first_human_response_at"]),
        "Reopened_At__c": stamp(row["reopened_at"]),
        "Handled_By__c": row["handled_by"], "CSAT__c": row["csat"],
    }  # fmt: skip
