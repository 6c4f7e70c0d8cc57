"""Totango's accounts, users and events, made from the company's rows."""

from datetime import UTC, date, datetime, time
from typing import Any

from simulator.vendors import judgement
from simulator.vendors.identities import Identities
from simulator.vendors.view import Row, View
from simulator.vendors.written import Written

TOUCHPOINTS = ("qbr", "onboarding", "outreach", "renewal", "expansion")


def milliseconds(moment: Any) -> int | None:
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return None if moment is None else int(moment.timestamp() * 1000)


class TotangoObjects:
    """`name` is an account's or user's id there: the product's own. `_values` holds what can be selected."""

    def __init__(self, view: View, identities: Identities, written: Written) -> None:
        self._view, self._identities, self._written = view, identities, written

    def accounts(self) -> list[Row]:
        return [self._account(row) for row in self._view.rows("accounts")]

    def _account(self, row: Row) -> Row:
        key, ids = row["account_id"], self._identities
        name = ids.external_id("totango", "account", key) or ids.hexadecimal("totango", "account", key)
        ids.remember("totango", "account", name, key)
        csm = self._view.row("csms", row["csm_id"]) or {}
        score = judgement.scores(self._view)[key]
        in_crm = ids.share("totango", key, "crm id") < 0.5  # noqa: PLR2004 -- half of them
        attributes, _ = self._written.changes("account", name)
        values = {
            "health": judgement.colour(score), "score": score, "identifier": name,
            "status_group": "canceled" if row["status"] == "churned" else "paying",
            "Success Manager": csm.get("email"), "Contract Value": row["arr"],
            "Contract Start Date": milliseconds(row["contract_started_on"]),
            "Contract Renewal Date": milliseconds(row["renewal_on"]),
            "Salesforce ID": ids.salesforce_id("Account", "001", key) if in_crm else None, **attributes,
        }  # fmt: skip
        shown = ids.name("totango", key, row["name"])
        last = milliseconds(row["updated_at"])
        return {"name": name, "display_name": shown, "last_activity_time": last, "_values": values}

    def users(self) -> list[Row]:
        names = {row["_values"]["identifier"]: row for row in self.accounts()}
        keys = {self._identities.key("totango", "account", name): row for name, row in names.items()}
        return [self._user(row, keys[row["account_id"]]) for row in self._view.rows("users")]

    def _user(self, row: Row, account: Row) -> Row:
        self._identities.remember("totango", "user", row["user_id"], row["user_id"])
        values = {"Email": self._identities.email("totango", row["email"]), "Role": row["role"]}
        return {
            "name": row["user_id"], "display_name": row["name"],
            "first_activity_time": milliseconds(row["created_at"]),
            "last_activity_time": milliseconds(row["updated_at"]),
            "_values": values, "_account": account["_values"],
        }  # fmt: skip

    def hit(self, row: Row, fields: list[Row], parents: list[Row]) -> Row:
        """What is always shown, and the selected fields in the order asked: the account's after a user's."""
        selected = [_value(row["_values"], each) for each in fields]
        selected += [_value(row.get("_account", {}), each) for each in parents]
        return {**{name: value for name, value in row.items() if name[0] != "_"}, "selected_fields": selected}

    def fits(self, row: Row, term: Row) -> bool:
        """`{"type": "string", "term": "health", "eq": "green"}`, `in_list`, `gte`, `lte`."""
        own = _value(row["_values"], term)
        if "eq" in term:
            return bool(own == term["eq"])
        if "in_list" in term:
            return own in term["in_list"]
        low, high = term.get("gte"), term.get("lte")
        return own is not None and (low is None or own >= low) and (high is None or own <= high)

    def events(self) -> list[Row]:
        """What CSMs did with accounts, as touchpoints, and what was sent; the newest first."""
        done = [row for row in self._view.rows("csm_activities") if row["kind"] in TOUCHPOINTS]
        rows = [*self._view.each("totango events", done, self._event), *self._written.created("event")]
        return sorted(rows, key=lambda row: row["timestamp"], reverse=True)

    def _event(self, row: Row) -> Row:
        account = self._identities.external_id("totango", "account", row["account_id"])
        name = account or self._identities.hexadecimal("totango", "account", row["account_id"])
        csm = self._view.row("csms", row["csm_id"]) or {}
        note = {"text": row["note"] or "", "totango_user": {"user_name": csm.get("email")}}
        return {
            "id": self._identities.hexadecimal("totango", "event", row["activity_id"]),
            "timestamp": milliseconds(row["started_at"]), "type": "note", "account": {"id": name},
            "is_new": "false", "note_content": note,
            "properties": {"subject": row["kind"], "meeting_type": row["kind"]},
        }  # fmt: skip


def _value(values: Row, field: Row) -> Any:
    """By `term` (Totango's own) or `attribute` (the tenant's)."""
    return values.get(str(field.get("term") or field.get("attribute")))
