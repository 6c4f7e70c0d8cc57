"""Salesforce: SOQL over `queryAll`, which shows deleted records too, into `raw_salesforce`.

User, Account, Contact, Opportunity       →  users, accounts, contacts, opportunities   (versions kept)
OpportunityHistory, …FieldHistory         →  opportunity_history, opportunity_field_history
Case, Task, Event                         →  cases, tasks, events

POST /services/oauth2/token                        the session, and the address of the org
GET  /services/data/v66.0/sobjects/{name}/describe the fields there are, and that the user may see
GET  /services/data/v66.0/queryAll?q=…             rows by `SystemModstamp` (some: `CreatedDate`) and id

Facts: Salesforce's REST API Developer Guide, SOQL Reference, Object Reference. Runs alone:
`python -m assets.sources.salesforce --help`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

from assets.sources.api import ApiConnector, ApiError, Page, PermissionMissingError, Reading, Stream, failed
from assets.sources.api.field_mapping import MAPPED, FieldSelection, chosen
from assets.sources.api.secrecy import shown_url
from assets.sources.connector import Finding
from assets.sources.crm.salesforce_objects import FIELDS, OBJECTS, SObject
from assets.sources.crm.salesforce_org import SYSTEM, LocatorLostError, Org, Settings

TABLES = tuple(each.table for each in OBJECTS)
_ID = re.compile(r"[A-Za-z0-9]{15,18}")
# A query travels in an address, of which Salesforce takes some 16,000 characters.
_MOST_CHARACTERS = 12_000
_NOT_KEPT = frozenset({"address", "location", "base64", "anyType", "complexvalue"})
_NAME = re.compile(r"[A-Za-z]\w*")


def streams(settings: Settings) -> Sequence[Stream]:
    org = Org(settings)
    return [Stream(each.table_name, (each.table_name,), partial(_read, org, each)) for each in OBJECTS]


def _read(org: Org, sobject: SObject, reading: Reading) -> Iterator[Page]:
    """In the order of (stamp, id), so that the last row says where to go on.

    The cursor of a stream read to its end has no id: the next reading goes back by the overlap, because a
    record may become visible after others with later stamps.
    """
    selection = _selection(org, sobject)
    if selection is None:
        reading.leave_out(
            f"{sobject.table_name}: salesforce shows this user no {sobject.name}; it is left out"
        )
        return
    cursor = reading.cursor
    while True:
        asked_from = cursor
        try:
            for records in org.rows(_soql(sobject, selection, cursor, org.settings)):
                rows = [_row(selection, record) for record in records]
                cursor = _after(records, sobject.stamp) or cursor
                yield Page({sobject.table_name: rows}, cursor)
            break
        except LocatorLostError:
            if cursor == asked_from:
                raise
            reading.tell(f"{sobject.table_name}: the query is asked again from its last row on")
    if cursor:
        yield Page({}, {"stamp": cursor["stamp"]})


def _selection(org: Org, sobject: SObject) -> FieldSelection | None:
    """None: the object is not there, or the user may not see it, and the rest makes sense without."""
    fields = org.fields(sobject.name)
    if fields is None and sobject.is_needed:
        raise PermissionMissingError(
            f"salesforce shows no {sobject.name}: let the connected app's user read it"
        )
    if fields is None:
        return None
    there = {
        each["name"]: bool(each.get("custom")) and each.get("type") not in _NOT_KEPT
        for each in fields
        if isinstance(each, Mapping) and _NAME.fullmatch(_text(each.get("name")))
    }
    return FieldSelection.of(
        there,
        own=sobject.own_fields,
        wanted=chosen(FIELDS, org.settings.fields).get(sobject.table_name, {}),
        left_out=org.settings.left_out,
        most_characters=_MOST_CHARACTERS,
    )


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _row(selection: FieldSelection, record: Any) -> Any:
    if not isinstance(record, Mapping):
        return record
    row, values = selection.moved(record)
    return {**row, MAPPED: values}


def _soql(sobject: SObject, selection: FieldSelection, cursor: Any, settings: Settings) -> str:
    where = ""
    if cursor and "id" in cursor:
        stamp = _literal(datetime.fromisoformat(cursor["stamp"]))
        later = f"{sobject.stamp} = {stamp} AND Id > '{cursor['id']}'"
        where = f" WHERE {sobject.stamp} > {stamp} OR ({later})"
    elif cursor:
        since = datetime.fromisoformat(cursor["stamp"]) - timedelta(seconds=settings.overlap_seconds)
        where = f" WHERE {sobject.stamp} >= {_literal(since)}"
    elif settings.start_on and sobject.is_past:
        since = datetime.combine(settings.start_on, time.min, UTC)
        where = f" WHERE {sobject.stamp} >= {_literal(since)}"
    return f"SELECT {', '.join(selection.names)} FROM {sobject.name}{where} ORDER BY {sobject.stamp}, Id"


def _literal(moment: datetime) -> str:
    """With milliseconds, which is what Salesforce keeps."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _after(records: Sequence[Any], stamp: str) -> dict[str, str] | None:
    """Where to go on after these; None when their last one does not say."""
    last = records[-1] if records and isinstance(records[-1], Mapping) else {}
    moment, record_id = last.get(stamp), last.get("Id")
    if not isinstance(moment, str) or not isinstance(record_id, str) or not _ID.fullmatch(record_id):
        return None
    try:
        return {"stamp": datetime.fromisoformat(moment).astimezone(UTC).isoformat(), "id": record_id}
    except ValueError:
        return None


class SalesforceConnector(ApiConnector[Settings]):
    """`check` looks at every field that is to be read, too."""

    def check(self, settings: Settings) -> Iterable[Finding]:
        org = Org(settings)
        try:
            yield Finding("login", True, f"logged in at {shown_url(str(org.client.base_url))}")
        except ApiError as error:
            yield failed("login", error)
            return
        for sobject in OBJECTS:
            yield _finding(org, sobject)


def _finding(org: Org, sobject: SObject) -> Finding:
    subject, named = sobject.table_name, org.settings.fields.get(sobject.table_name, {}).values()
    try:
        selection = _selection(org, sobject)
        if selection is None:
            missing = f"{sobject.name} is not there, or this user may not see it"
            return Finding(subject, True, missing, is_left_out=True)
        next(org.rows(f"SELECT {', '.join(selection.names)} FROM {sobject.name} LIMIT 1"), None)
    except ApiError as error:
        return failed(subject, error)
    is_fine, words = selection.told("TIERLINE_SALESFORCE_FIELDS", named)
    return Finding(subject, is_fine, f"{sobject.name} is readable, {words}")


CONNECTOR = SalesforceConnector(SYSTEM, Settings, TABLES, streams)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
