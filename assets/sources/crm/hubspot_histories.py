"""HubSpot's own history of a record's properties: what they were before the first load, too.

A search gives no histories: it tells which records changed, and they are read in batches. Each time all
versions come that HubSpot still knows; those that it has forgotten since stay. A record whose history came in
no readable way is asked for again by each load, until it does or is gone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assets.sources.api import ApiError, Page, Reading, Spoilt, failed
from assets.sources.connector import Finding
from assets.sources.crm.hubspot_answers import record_id
from assets.sources.crm.hubspot_changes import changed, newest
from assets.sources.crm.hubspot_objects import DEAL_HISTORY, TRACKED, CrmObject
from assets.sources.crm.hubspot_portal import MOST_WITH_HISTORY, Portal


def deal_histories(portal: Portal, deals: CrmObject, reading: Reading) -> Iterator[Page]:
    """Of all deals the first time, from then on of those that changed.

    The cursor says up to when changes are known (`until`); on the way also where to go on in the list
    (`after`), or as `changed` does.
    """
    names = _names(portal, deals)
    if isinstance(names, str):
        reading.leave_out(f"{DEAL_HISTORY.name}: {names}; it is left out")
        return
    yield from _asked_again(portal, deals, names, reading)
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
        yield Page({DEAL_HISTORY.name: versions(_histories_of(portal, deals, names, ids), names)}, reached)


def history_finding(portal: Portal, deals: CrmObject) -> Finding:
    """Whether a deal can be read with its history, as `check` tells it."""
    try:
        names = _names(portal, deals)
        if isinstance(names, str):
            return Finding(DEAL_HISTORY.name, True, names, is_left_out=True)
        next(portal.histories(deals.name, names, most=1))
    except ApiError as error:
        return failed(DEAL_HISTORY.name, error)
    return Finding(DEAL_HISTORY.name, True, f"readable, of {', '.join(names)}")


def _names(portal: Portal, deals: CrmObject) -> list[str] | str:
    """The properties whose versions are read; or why none are."""
    told = portal.properties(deals.name)
    if told is None:
        return f"hubspot does not show {deals.name} to this token"
    there = {str(each["name"]) for each in told if isinstance(each, Mapping) and each.get("name")}
    names = [each for each in TRACKED if each in there and each not in portal.settings.left_out]
    return names or f"none of {', '.join(TRACKED)} is read"


def _asked_again(portal: Portal, deals: CrmObject, names: Sequence[str], reading: Reading) -> Iterator[Page]:
    """Once more those whose history was rejected whole by an earlier load: the search may never find them."""
    rejected: dict[str, list[str]] = {}
    for key, record in reading.rejected(DEAL_HISTORY.name).items():
        if number := record_id(record):
            rejected.setdefault(number, []).append(key)
    if not rejected:
        return
    records = _histories_of(portal, deals, names, sorted(rejected))
    settled = [key for keys in rejected.values() for key in keys]
    yield Page({DEAL_HISTORY.name: versions(records, names)}, settled={DEAL_HISTORY.name: settled})


def _histories_of(portal: Portal, deals: CrmObject, names: Sequence[str], ids: Sequence[str]) -> list[Any]:
    return [
        each
        for start in range(0, len(ids), MOST_WITH_HISTORY)
        for each in portal.histories_of(deals.name, names, ids[start : start + MOST_WITH_HISTORY])
    ]


def versions(records: Iterable[Any], names: Sequence[str]) -> list[Any]:
    """A row for each version of a property, oldest first; a record that tells none in a readable way is
    rejected whole.

    HubSpot tells the newest first; of two at one moment (an import, then a workflow) the later one holds, as
    the last row of a key.
    """
    rows: list[Any] = []
    for record in records:
        held = record.get("propertiesWithHistory") if isinstance(record, Mapping) else None
        if not isinstance(held, Mapping):
            rows.append(_spoilt(record, "propertiesWithHistory is no object"))
            continue
        told = {name: held.get(name) or [] for name in names}
        odd = [
            name
            for name, found in told.items()
            if not isinstance(found, list) or not all(isinstance(each, Mapping) for each in found)
        ]
        if odd:
            rows.append(_spoilt(record, f"the history of {odd[0]} is no list of versions"))
            continue
        own = {"deal_id": record_id(record)}
        rows += [
            {**each, **own, "property": name} for name, found in told.items() for each in reversed(found)
        ]
    return rows


def _spoilt(record: Any, reason: str) -> Spoilt:
    number = record_id(record)
    return Spoilt({**record, "deal_id": number} if number else record, reason)
