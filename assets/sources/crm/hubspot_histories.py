"""HubSpot's own history of a record's properties: what they were before the first load, too.

A search gives no histories: it tells which records changed, and they are read in batches. Each time all
versions come that HubSpot still knows; those that it has forgotten since stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assets.sources.api import Page, Reading, Spoilt
from assets.sources.crm.hubspot_changes import changed, newest, record_id
from assets.sources.crm.hubspot_objects import DEAL_HISTORY, TRACKED, CrmObject
from assets.sources.crm.hubspot_portal import MOST_WITH_HISTORY, Portal


def deal_histories(portal: Portal, deals: CrmObject, reading: Reading) -> Iterator[Page]:
    """Of all deals the first time, from then on of those that changed.

    The cursor says up to when changes are known (`until`); on the way also where to go on in the list
    (`after`), or as `changed` does.
    """
    told = portal.properties(deals.name)
    if told is None:
        reading.leave_out(
            f"{DEAL_HISTORY.name}: hubspot does not show {deals.name} to this token; it is left out"
        )
        return
    there = {str(each["name"]) for each in told if isinstance(each, Mapping) and each.get("name")}
    names = [each for each in TRACKED if each in there and each not in portal.settings.left_out]
    if not names:
        reading.leave_out(f"{DEAL_HISTORY.name}: none of {', '.join(TRACKED)} is read; it is left out")
        return
    cursor = reading.cursor
    if not cursor or not cursor["until"]:
        cursor = {"after": None, "until": newest(portal, deals, [])}
    if "after" in cursor:
        pages = portal.histories(deals.name, names, after=cursor["after"])
        for records, after in pages:
            reached = {"after": after, "until": cursor["until"]} if after else {"until": cursor["until"]}
            yield Page({DEAL_HISTORY.name: versions(records, names)}, reached)
        return
    for _, ids, reached in changed(portal, deals, [deals.modified], cursor):
        records = [
            each
            for start in range(0, len(ids), MOST_WITH_HISTORY)
            for each in portal.histories_of(deals.name, names, ids[start : start + MOST_WITH_HISTORY])
        ]
        yield Page({DEAL_HISTORY.name: versions(records, names)}, reached)


def versions(records: Iterable[Any], names: Sequence[str]) -> list[Any]:
    """A row for each version of a property; a record that tells none in a readable way is rejected whole."""
    rows: list[Any] = []
    for record in records:
        held = record.get("propertiesWithHistory") if isinstance(record, Mapping) else None
        if not isinstance(held, Mapping):
            rows.append(Spoilt(record, "propertiesWithHistory is no object"))
            continue
        told = {name: held.get(name) or [] for name in names}
        odd = [
            name
            for name, found in told.items()
            if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found)
        ]
        if odd:
            rows.append(Spoilt(record, f"the history of {odd[0]} is no list of versions"))
            continue
        own = {"deal_id": record_id(record)}
        rows += [{**each, **own, "property": name} for name, found in told.items() for each in found]
    return rows
