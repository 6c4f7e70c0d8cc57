"""How an opportunity came to be what it is: Salesforce's history of stages and of single fields.

The record itself shows only the last state. A row of OpportunityHistory is what stood from then on; one of
OpportunityFieldHistory a field's old and new value, the first of them that the record was created.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from simulator.vendors.salesforce_fields import day
from simulator.vendors.view import Row, View

HISTORY, FIELD_HISTORY = "OpportunityHistory", "OpportunityFieldHistory"
TRACKED = ("StageName", "Amount", "CloseDate", "Probability")
OPEN_PROBABILITY = 50.0


class Records(Protocol):
    def new_id(self, kind: str, key: str) -> str: ...
    def blank(self, kind: str, key: str, begun: datetime, changed: datetime) -> Row: ...


@dataclass(frozen=True)
class Change:
    """What an opportunity's tracked fields became; `before`: what they were, None when it began."""

    at: datetime
    after: dict[str, Any]
    before: dict[str, Any] | None


def history_rows(records: Records, view: View, row: Row, *, by: str | None) -> dict[str, list[Row]]:
    """Of an opportunity of the company, by kind of history, oldest first."""
    found: dict[str, list[Row]] = {HISTORY: [], FIELD_HISTORY: []}
    number = records.new_id("Opportunity", row["opportunity_id"])
    for place, change in enumerate(_changes(view, row)):
        made = change_rows(records, number, change, key=f"{row['opportunity_id']}/{place}", by=by)
        for kind, rows in made.items():
            found[kind] += rows
    return found


def change_rows(
    records: Records, opportunity: str, change: Change, *, key: str, by: str | None
) -> dict[str, list[Row]]:
    """What Salesforce notes of one change."""
    own = {"OpportunityId": opportunity, "CreatedById": by}
    whole = {**records.blank(HISTORY, key, change.at, change.at), **own, **change.after}
    said: list[tuple[str, Any, Any]] = [("created", None, None)]
    if change.before is not None:
        before = change.before
        said = [(name, before[name], change.after[name]) for name in TRACKED]
    fields = [
        {**records.blank(FIELD_HISTORY, f"{key}/{name}", change.at, change.at), **own,
         "Field": name, "OldValue": old, "NewValue": new}
        for name, old, new in said
        if name == "created" or old != new
    ]  # fmt: skip
    return {HISTORY: [whole], FIELD_HISTORY: fields}


def _changes(view: View, row: Row) -> list[Change]:
    found: list[Change] = []
    stood: dict[str, Any] | None = None
    for at, stage in view.stages(row):
        is_closed = stage.startswith("closed")
        chance = (100.0 if stage == "closed_won" else 0.0) if is_closed else OPEN_PROBABILITY
        known = {"StageName": stage, "Amount": row["amount"], "CloseDate": day(row["closes_on"])}
        after = {**known, "Probability": chance}
        found.append(Change(at, after, stood))
        stood = after
    return found
