"""Gainsight's companies and calls to action, made from the company's rows."""

from datetime import UTC, date, datetime, time
from typing import Any

from simulator.vendors import judgement
from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

COMPANY_FIELDS = (
    "Gsid", "Name", "Industry", "ARR", "MRR", "LifecycleStage", "Stage", "Status", "CSMName", "Csm",
    "Csm__gr.Email", "Employees", "OriginalContractDate", "RenewalDate", "CurrScoreId", "OverallScore",
    "SfdcAccountId", "ExternalId", "ParentCompanyId", "CreatedDate", "ModifiedDate", "Health_Score__gc",
    "Health_Tier__gc", "Churn_Risk__gc", "Tierline_Health_Score__gc", "Tierline_Health_Tier__gc",
    "Tierline_Churn_Risk__gc", "Tierline_Risk_Band__gc", "Tierline_As_Of__gc",
)  # fmt: skip
CTA_FIELDS = (
    "Gsid", "Name", "CompanyId", "CompanyId__gr.Name", "TypeId__gr.Name", "ReasonId__gr.Name",
    "StatusId__gr.Name", "PriorityId__gr.Name", "OwnerId", "OwnerId__gr.Name", "OwnerId__gr.Email", "DueDate",
    "IsClosed", "ClosedDate", "CreatedDate", "ModifiedDate", "Comments", "Tierline_Action_Id__gc",
)  # fmt: skip
NUMBERS = frozenset(
    {"ARR", "MRR", "OverallScore", "Health_Score__gc", "Churn_Risk__gc", "Tierline_Health_Score__gc",
     "Tierline_Churn_Risk__gc"}
)  # fmt: skip
RENEWAL_KINDS = ("renewal", "expansion")


def milliseconds(moment: Any, *, ends: bool = False) -> int | None:
    """Since 1970, of a moment, or of a day (as text too), by its begin or, with `ends`, its end."""
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.max if ends else time.min, UTC)
    return None if moment is None else int(moment.timestamp() * 1000)


class GainsightObjects:
    def __init__(self, view: View, identities: Identities, written: Written) -> None:
        self._view, self._identities, self._written = view, identities, written

    def gsid(self, kind: str, key: str) -> str:
        prefix = {"Company": "1P02", "Cta": "1S01", "User": "1P01"}[kind]
        return self._identities.base62("gainsight", kind, prefix, key, digits=32)

    def companies(self) -> list[Row]:
        """Without the deleted."""
        made = [self._company(row) for row in self._view.rows("accounts")]
        rows = [self._changed(row) for row in [*made, *self._written.created("Company")]]
        return [row for row in rows if not row.get("IsDeleted")]

    def _changed(self, row: Row) -> Row:
        fields, at = self._written.changes("Company", row["Gsid"])
        return row if at is None else {**row, **fields, "ModifiedDate": milliseconds(at)}

    def _company(self, row: Row) -> Row:
        key, ids = row["account_id"], self._identities
        csm = self._view.row("csms", row["csm_id"]) or {}
        in_crm = ids.share("gainsight", key, "crm id") < 0.9  # noqa: PLR2004 -- nearly all of them
        churned = row["status"] == "churned"
        return {
            "Gsid": self.gsid("Company", key), "Name": ids.name("gainsight", key, row["name"]),
            "Industry": row["industry"], "ARR": row["arr"], "MRR": round(row["arr"] / 12, 2),
            "LifecycleStage": "Churned" if churned else "Adopting", "Stage": "Churned" if churned else "Live",
            "Status": "Churn" if churned else "Active", "CSMName": csm.get("name"),
            "Csm": self.gsid("User", row["csm_id"]), "Csm__gr.Email": csm.get("email"),
            "Employees": row["employees"],
            "OriginalContractDate": milliseconds(row["contract_started_on"]),
            "RenewalDate": milliseconds(row["renewal_on"]), "CurrScoreId": None,
            "OverallScore": judgement.scores(self._view)[key],
            "SfdcAccountId": ids.salesforce_id("Account", "001", key) if in_crm else None,
            "ExternalId": ids.external_id("gainsight", "Company", key),
            "ParentCompanyId": self.gsid("Company", p) if (p := row["parent_account_id"]) else None,
            "CreatedDate": milliseconds(row["signed_up_at"]), "ModifiedDate": milliseconds(row["updated_at"]),
            **dict.fromkeys(COMPANY_FIELDS[COMPANY_FIELDS.index("Health_Score__gc") :]),
        }  # fmt: skip

    def ctas(self) -> list[Row]:
        """One per renewal and expansion, and one per outreach: opened, done or dropped with them."""
        deals = [row for row in self._view.rows("opportunities") if row["kind"] in RENEWAL_KINDS]
        calls = [row for row in self._view.rows("csm_activities") if row["kind"] == "outreach"]
        return [
            *self._view.each("gainsight deals", deals, self._of_deal),
            *self._view.each("gainsight calls", calls, self._of_call),
            *self._written.created("Cta"),
        ]

    def _of_deal(self, row: Row) -> Row:
        account = self._view.row("accounts", row["account_id"]) or {}
        status = "New" if not row["is_closed"] else "Closed Success" if row["is_won"] else "Closed Lost"
        ended = row["updated_at"] if row["is_closed"] else None
        names = (
            f"{row['kind'].title()} {row['closes_on']}",
            row["kind"].title(),
            "Contract",
            status,
            "Medium",
        )
        due = milliseconds(row["closes_on"])
        return self._cta(
            row["opportunity_id"], account, names, due, (row["created_at"], ended, row["updated_at"])
        )

    def _of_call(self, row: Row) -> Row:
        account = self._view.row("accounts", row["account_id"]) or {}
        names = ("Reach out", "Risk", "Low engagement", "Closed Success", "High")
        at = row["started_at"]
        return self._cta(row["activity_id"], account, names, milliseconds(at), (at, at, row["updated_at"]))

    def _cta(
        self, key: str, account: Row, names: tuple[str, ...], due: int | None, moments: tuple[Any, ...]
    ) -> Row:
        """`names`: its own, type, reason, status, priority; `moments`: created, closed, modified."""
        csm = self._view.row("csms", account.get("csm_id")) or {}
        return self.cta(self.gsid("Cta", key), (account, csm), names, due, moments)

    def cta(
        self,
        gsid: str,
        about: tuple[Row, Row],
        names: tuple[str, ...],
        due: int | None,
        moments: tuple[Any, ...],
    ) -> Row:
        """`about`: the account, and the CSM who owns it."""
        account, csm = about
        created, closed, modified = (milliseconds(each) for each in moments)
        return {
            "Gsid": gsid, "Name": names[0],
            "CompanyId": self.gsid("Company", account["account_id"]) if account else None,
            "CompanyId__gr.Name": account.get("name"), "TypeId__gr.Name": names[1],
            "ReasonId__gr.Name": names[2], "StatusId__gr.Name": names[3], "PriorityId__gr.Name": names[4],
            "OwnerId": self.gsid("User", csm["csm_id"]) if csm else None, "OwnerId__gr.Name": csm.get("name"),
            "OwnerId__gr.Email": csm.get("email"), "DueDate": due, "IsClosed": closed is not None,
            "ClosedDate": closed, "CreatedDate": created, "ModifiedDate": modified, "Comments": None,
            "Tierline_Action_Id__gc": None,
        }  # fmt: skip
