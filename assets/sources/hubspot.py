"""HubSpot: the CRM's objects, into `raw_hubspot`.

companies, contacts, deals                →  the same names   (versions kept)
HubSpot's own versions of deals           →  deal_property_history
tickets, tasks, meetings, calls, notes    →  the same names   (notes without their text)
owners, archived ones too                 →  owners           (all of them each time)

GET  /crm/v3/properties/{type}                            the properties there are
GET  /crm/v3/objects/{type}                               the first load, and each time what is archived
POST /crm/v3/objects/{type}/search                        what changed since
POST /crm/v4/associations/{type}/{type}/batch/read        companies and contacts of what a search found,
                                                          and of listed records with more than a row names
POST /crm/v3/objects/deals/batch/read                     versions of the deals that a search found
GET  /crm/v3/owners

Facts: https://developers.hubspot.com/docs (CRM). Runs alone: `python -m assets.sources.hubspot --help`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from assets.sources.api import (
    ApiConnector,
    ApiError,
    CredentialsRefusedError,
    OddRowError,
    Page,
    PermissionMissingError,
    Reading,
    Stream,
    failed,
    shaped,
)
from assets.sources.api.field_mapping import MAPPED, FieldSelection, chosen
from assets.sources.connector import Finding
from assets.sources.crm.hubspot_answers import Ids, record_id
from assets.sources.crm.hubspot_changes import changed, moment, newest
from assets.sources.crm.hubspot_histories import deal_histories, history_finding
from assets.sources.crm.hubspot_objects import DEAL_HISTORY, OBJECTS, OWNERS, PROPERTIES, CrmObject
from assets.sources.crm.hubspot_portal import SYSTEM, Portal, Settings

TABLES = (*(each.table for each in OBJECTS), OWNERS, DEAL_HISTORY)
_DEALS = next(each for each in OBJECTS if each.name == "deals")
# Lists take the properties in their address.
_MOST_CHARACTERS = 6_000
_SINGLE = {"companies": "company_id", "contacts": "contact_id"}


def streams(settings: Settings) -> Sequence[Stream]:
    portal = Portal(settings)
    objects = [Stream(each.name, (each.name,), partial(_read, portal, each)) for each in OBJECTS]
    history = Stream(DEAL_HISTORY.name, (DEAL_HISTORY.name,), partial(deal_histories, portal, _DEALS))
    return [Stream("owners", ("owners",), partial(_owners, portal)), *objects, history]


def _owners(portal: Portal, reading: Reading) -> Iterator[Page]:
    for archived in ("false", "true"):
        for rows, _ in portal.listed("/crm/v3/owners", {"archived": archived}, most=500):
            yield Page({"owners": rows})


def _read(portal: Portal, kind: CrmObject, reading: Reading) -> Iterator[Page]:
    """The first time by lists, from then on by searches; each time what was archived.

    The cursor says up to when changes (`until`) and the archive (`archive`) are known. On the way it also
    says where to go on: `after` in the list, or behind which id (`last`) in the window from `since`.
    """
    selection = _selection(portal, kind)
    if selection is None:
        reading.leave_out(f"{kind.name}: hubspot does not show them to this token; they are left out")
        return
    cursor = reading.cursor if reading.cursor and reading.cursor["until"] else _beginning(portal, kind)
    read = _listed if "after" in cursor else _found
    for rows, reached in read(portal, kind, selection, cursor):
        cursor = reached
        yield Page({kind.name: rows}, cursor)
    yield from _archived(portal, kind, selection, cursor)


def _selection(portal: Portal, kind: CrmObject) -> FieldSelection | None:
    """None: the token may not read these, and the rest makes sense without."""
    told = portal.properties(kind.name)
    if told is None and kind.is_needed:
        raise PermissionMissingError(
            f"hubspot does not show {kind.name}: give the private app the scopes in docs/sources/hubspot.md"
        )
    if told is None:
        return None
    there = {
        str(each["name"]): not each.get("hubspotDefined", str(each["name"]).startswith("hs_"))
        for each in told
        if isinstance(each, Mapping) and each.get("name") and not each.get("archived")
    }
    repeated = ("createdate", "hs_createdate", "hs_object_id", kind.modified)
    return FieldSelection.of(
        there,
        own=kind.own_properties,
        wanted=chosen(PROPERTIES, portal.settings.properties)[kind.name],
        left_out=(*portal.settings.left_out, *repeated),
        most_characters=_MOST_CHARACTERS,
    )


def _beginning(portal: Portal, kind: CrmObject) -> dict[str, Any]:
    """Before the list is read: what changes while it is, the next reading searches for."""
    start_on = portal.settings.start_on
    if start_on and kind.is_past:
        return {"until": datetime.combine(start_on, time.min, UTC).isoformat()}
    return {"after": None, "until": newest(portal, kind, [])}


def _listed(
    portal: Portal, kind: CrmObject, selection: FieldSelection, cursor: dict[str, Any]
) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    pages = portal.objects(kind.name, selection.names, kind.others, archived=False, after=cursor["after"])
    for records, after in pages:
        links = {other: portal.listed_links(kind.name, other, records) for other in kind.others}
        rows = shaped(records, partial(_row, kind, selection, links))
        yield rows, {"after": after, "until": cursor["until"]} if after else {"until": cursor["until"]}


def _found(
    portal: Portal, kind: CrmObject, selection: FieldSelection, cursor: dict[str, Any]
) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    for records, ids, reached in changed(portal, kind, selection.names, cursor):
        links = {other: portal.associated(kind.name, other, ids) for other in kind.others}
        yield shaped(records, partial(_row, kind, selection, links)), reached


def _archived(
    portal: Portal, kind: CrmObject, selection: FieldSelection, cursor: dict[str, Any]
) -> Iterator[Page]:
    """The archive has no order of time: all of it is listed, and what was not known of it is handed on."""
    known = cursor.get("archive") or {"until": "1970-01-01T00:00:00+00:00", "ids": []}
    overlap = timedelta(seconds=portal.settings.overlap_seconds)
    last = datetime.fromisoformat(known["until"])
    since, before = last - overlap, frozenset(known["ids"])
    gone: dict[str, datetime] = {}
    for records, _ in portal.objects(kind.name, selection.names, kind.others, archived=True):
        moments = {record_id(each): moment(each.get("archivedAt")) for each in records if record_id(each)}
        gone.update({number: at for number, at in moments.items() if at is not None and at >= since})
        # One without a moment is handed on each time, to be judged like any other.
        old = {
            number for number, at in moments.items() if number in before or (at is not None and at < since)
        }
        new = [each for each in records if record_id(each) not in old]
        links = {other: portal.listed_links(kind.name, other, new) for other in kind.others}
        yield Page({kind.name: shaped(new, partial(_row, kind, selection, links))})
    until = max(gone.values(), default=last)
    ids = sorted(number for number, at in gone.items() if at >= until - overlap)
    yield Page({}, {**cursor, "archive": {"until": until.isoformat(), "ids": ids}})


def _row(
    kind: CrmObject,
    selection: FieldSelection,
    links: Mapping[str, Ids],
    record: Any,
) -> Any:
    """A record with chosen properties and associated records where the table's columns look for them."""
    if not isinstance(record, Mapping):
        return record
    if not isinstance(record.get("properties"), Mapping):
        raise OddRowError("properties is no object")
    own = {name: value for name, value in record["properties"].items() if name in selection.names}
    properties, values = selection.moved(own)
    row = {**record, "properties": properties, MAPPED: values}
    for other in kind.others:
        found = links[other].get(record_id(record), [])
        if found is None:
            raise OddRowError(f"the associated {other} cannot be read")
        # The main one first; without one the oldest, so that list and search agree.
        ids = [each for each, _ in sorted(found, key=lambda link: (not link[1], len(link[0]), link[0]))]
        row[_SINGLE[other]] = ids[0] if ids else None
        if other == "companies":
            row["company_ids"] = sorted(ids)
    return row


class HubspotConnector(ApiConnector[Settings]):
    """`check` looks at every property that is to be read, too."""

    def check(self, settings: Settings) -> Iterable[Finding]:
        portal = Portal(settings)
        try:
            next(portal.listed("/crm/v3/owners", {}))
            yield Finding("owners", True, "readable")
        except CredentialsRefusedError as error:
            yield failed("token", error)
            return
        except ApiError as error:
            yield failed("owners", error)
        for kind in OBJECTS:
            yield _finding(portal, kind)
        yield history_finding(portal, _DEALS)


def _finding(portal: Portal, kind: CrmObject) -> Finding:
    try:
        selection = _selection(portal, kind)
        if selection is None:
            return Finding(kind.name, True, "not there, or not shown to this token", is_left_out=True)
        next(portal.objects(kind.name, selection.names, kind.others, archived=False))
        portal.search(kind.name, [], "hs_object_id", limit=1)
    except ApiError as error:
        return failed(kind.name, error)
    named = portal.settings.properties.get(kind.name, {}).values()
    is_fine, words = selection.told("TIERLINE_HUBSPOT_PROPERTIES", named)
    return Finding(kind.name, is_fine, f"readable, {words}")


CONNECTOR = HubspotConnector(SYSTEM, Settings, TABLES, streams)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
