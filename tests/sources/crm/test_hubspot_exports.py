"""Rows that real portals held, as exported by a loader, through the connector's judging."""

import csv
from pathlib import Path
from typing import Any

import pytest
from crm_world import NOW

from assets.sources.api.judging import Judge, Verdict
from assets.sources.crm.hubspot_objects import OBJECTS

EXPORTS = Path(__file__).parents[3] / "../shared/data/fivetran_seeds/hubspot"
pytestmark = pytest.mark.skipif(
    not EXPORTS.exists(),
    reason="the exported tables (../shared/data/fivetran_seeds) are not beside the repository",
)
FILES = {
    "companies": "company", "contacts": "contact", "deals": "deal", "tickets": "ticket",
    "calls": "engagement_call", "tasks": "engagement_task", "notes": "engagement_note",
}  # fmt: skip


def _payload(row: dict[str, str]) -> dict[str, Any]:
    """As HubSpot's API would give it: its properties below `properties`, null where nothing was given."""
    given = {name: value or None for name, value in row.items()}
    number = given.get("id") or given.get("deal_id") or given.get("engagement_id")
    own = {name.removeprefix("property_"): v for name, v in given.items() if name.startswith("property_")}
    gone = given.get("is_deleted") or given.get("_fivetran_deleted") or "false"
    times = {"createdAt": own.get("createdate"), "updatedAt": own.get("createdate")}
    return {"id": number, "properties": own, **times, "archived": gone.casefold() == "true"}


def _judged(table: str) -> tuple[list[dict[str, Any]], Verdict]:
    with (EXPORTS / f"{FILES[table]}_data.csv").open(encoding="utf-8-sig", newline="") as file:
        payloads = [_payload(row) for row in csv.DictReader(file)]
    judge = Judge(next(each.table for each in OBJECTS if each.name == table), NOW.replace(tzinfo=None))
    judge.add(payloads)
    verdict = judge.verdict()
    judge.close()
    return payloads, verdict


@pytest.mark.parametrize("table", FILES)
def test_rows_of_real_portals_are_read(table: str) -> None:
    payloads, verdict = _judged(table)
    assert payloads
    assert verdict.rejected.num_rows == 0, verdict.rejected["reason"].to_pylist()
    assert set(verdict.loaded["id"].to_pylist()) == {each["id"] for each in payloads}
    assert verdict.counts.rows_in == len(payloads)


def test_merged_contacts_of_a_real_portal_are_named_by_the_one_that_stands() -> None:
    """Its export still holds the merged ones, as if nothing had happened."""
    payloads, verdict = _judged("contacts")
    named = [each for each in verdict.loaded["hs_merged_object_ids"].to_pylist() if each]
    assert named
    assert {number for each in named for number in each.split(";")} & {each["id"] for each in payloads}
