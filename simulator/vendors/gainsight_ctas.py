"""What a call to action must be to be taken, record by record, and the row that comes of it."""

from typing import Any

from simulator.vendors.gainsight_objects import CTA_FIELDS, GainsightObjects, milliseconds
from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View

REQUESTS_MOST = 50
PICKLISTS = {
    "type": ("Risk", "Opportunity", "Lifecycle", "Renewal", "Expansion"),
    "reason": ("Other", "Low engagement", "Contract", "Product usage"),
    "status": ("New", "Work In Progress", "Closed Success", "Closed Lost"),
    "priority": ("High", "Medium", "Low"),
}
GIVEN = {"referenceId", "Name", "CompanyId", "OwnerId", "OwnerEmail", "DueDate", "Comments", *PICKLISTS}


class CtaRefusedError(Exception):
    """One record is not taken; the text is Gainsight's."""


class GainsightCtas:
    def __init__(self, view: View, identities: Identities, objects: GainsightObjects) -> None:
        self._view, self._identities, self._objects = view, identities, objects

    def made(self, record: Row, lookups: Row, gsid: str, at: Any) -> Row:
        """Raises CtaRefusedError."""
        account = self._account(record)
        names = [str(record.get("Name") or "")]
        if not names[0]:
            raise CtaRefusedError("COCKPIT_9700: Missing mandatory fields for create - Name")
        for field, known in PICKLISTS.items():
            if record.get(field) not in known:
                raise CtaRefusedError(f"COCKPIT_9702: Invalid {field} : {record.get(field)}")
            names.append(str(record[field]))
        more = set(record) - GIVEN
        if unknown := sorted(more - set(CTA_FIELDS)):
            raise CtaRefusedError(f"COCKPIT_9705: Invalid field : {unknown[0]}")
        due = milliseconds(record["DueDate"]) if record.get("DueDate") else None
        about = (account, self._owner(record, lookups))
        row = self._objects.cta(gsid, about, tuple(names), due, (at, None, at))
        return {**row, "Comments": record.get("Comments"), **{name: record[name] for name in more}}

    def _account(self, record: Row) -> Row:
        key = self._identities.key("gainsight", "Company", str(record.get("CompanyId")))
        account = self._view.row("accounts", key) if key else None
        if account is None:
            raise CtaRefusedError("COCKPIT_9701: Invalid CompanyId")
        return account

    def _owner(self, record: Row, lookups: Row) -> Row:
        """By the owner's id, or by e-mail address where a look-up says so."""
        by_email = (lookups.get("OwnerId") or {}).get("fields", {}).get("OwnerEmail") == "Email"
        for csm in self._view.rows("csms"):
            if record.get("OwnerId") == self._objects.gsid("User", csm["csm_id"]):
                return csm
            if by_email and str(record.get("OwnerEmail")).lower() == str(csm["email"]).lower():
                return csm
        raise CtaRefusedError("COCKPIT_9700: Missing mandatory fields for create - OwnerId")
