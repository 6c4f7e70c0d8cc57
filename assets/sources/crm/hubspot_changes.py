"""What changed in a HubSpot portal since a moment: searches that lose no record.

A search ends at its 10,000th result, and its pages shift when rows change: so each page is asked for as
"changed in this window of time, id above the last one".
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from assets.sources.api import GaveUpError
from assets.sources.crm.hubspot_answers import record_id
from assets.sources.crm.hubspot_objects import CrmObject
from assets.sources.crm.hubspot_portal import Portal

# Of the records that changed last one or the other may not say when.
_LOOKED_AT = 20
Cursor = dict[str, Any]


def changed(
    portal: Portal, kind: CrmObject, properties: Sequence[str], cursor: Cursor
) -> Iterator[tuple[list[Any], list[str], Cursor]]:
    """Records that changed since `until`, their ids, and where to go on behind them.

    On the way the cursor says behind which id (`last`) in the window from `since`; what else it holds stays.
    """
    rest = {name: value for name, value in cursor.items() if name not in ("since", "until", "last", "after")}
    if "last" not in cursor:
        since = datetime.fromisoformat(cursor["until"]) - timedelta(seconds=portal.settings.overlap_seconds)
        until = newest(portal, kind, [_filter(kind.modified, "GTE", since)])
        if until is None:
            return
        cursor = {**rest, "since": since.isoformat(), "until": until, "last": "0"}
    since, end = (datetime.fromisoformat(cursor[name]) for name in ("since", "until"))
    window = {**_filter(kind.modified, "BETWEEN", since), "highValue": _milliseconds(end)}
    last = cursor["last"]
    while True:
        beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
        records = portal.search(kind.name, [window, beyond], "hs_object_id", properties=list(properties))
        ids = [number for each in records if (number := record_id(each))]
        if not ids or ids[-1] == last:
            break
        last = ids[-1]
        yield records, ids, {**cursor, "last": last}
    yield [], [], {**rest, "until": cursor["until"]}


def newest(portal: Portal, kind: CrmObject, filters: list[dict[str, Any]]) -> str | None:
    """The moment of the last change there is, of those that can be read."""
    found = portal.search(
        kind.name, filters, f"-{kind.modified}", limit=_LOOKED_AT, properties=[kind.modified]
    )
    if not found:
        return None
    told = [each.get("properties") for each in found if isinstance(each, Mapping)]
    moments = (moment(each.get(kind.modified)) for each in told if isinstance(each, Mapping))
    last = next((each for each in moments if each is not None), None)
    if last is None:
        raise GaveUpError(f"hubspot does not say when its {kind.name} last changed ({kind.modified})")
    return last.isoformat()


def moment(given: object) -> datetime | None:
    """None for what is no moment."""
    try:
        return datetime.fromisoformat(str(given)).astimezone(UTC)
    except ValueError:
        return None


def _filter(name: str, operator: str, at: datetime) -> dict[str, Any]:
    return {"propertyName": name, "operator": operator, "value": _milliseconds(at)}


def _milliseconds(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))
