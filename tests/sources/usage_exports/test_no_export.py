"""Errors that come with 200, as JSON: no days without events, but days that are still to be read."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import test_amplitude
import test_mixpanel
import test_pendo
from answers import Asked, Said, answering
from calls import call
from warehouses import Warehouse

from assets.sources import amplitude, mixpanel, pendo, segment
from assets.sources.api import GaveUpError
from assets.sources.connector import Connector

KEY = "s3cret-key-of-ours"
REFUSAL = json.dumps({"error": {"message": f"no access with {KEY}"}}).encode()
FIRST = {"start_on": date(2026, 1, 1), "max_attempts": 2}
NEW_YEAR = 1_767_225_600_000  # in milliseconds
# What `usual_pendo` lists, whatever else is refused.
REFERENCE = {"event_types", "polls"}


def usual_pendo(asked: Asked) -> Said:
    """One use of a feature on New Year's Day."""
    if asked["path"] != "/api/v1/aggregation":
        return Said(b"[]")
    step, *_ = json.loads(asked["body"])["request"]["pipeline"]
    is_day = "featureEvents" in step["source"] and step["source"]["timeSeries"]["first"] == NEW_YEAR
    use = {"visitorId": "u1", "featureId": "f1", "day": NEW_YEAR, "numEvents": 3}
    return Said(json.dumps({"startTime": 1, "results": [use] if is_day else None}).encode())


def usual_mixpanel(asked: Asked) -> Said:
    is_day = asked["from_date"] <= "2026-01-01" <= asked["to_date"]
    return Said(test_mixpanel.event("a", NEW_YEAR).encode() if is_day else b"")


def usual_amplitude(asked: Asked) -> Said:
    return test_amplitude._range({"2026-01-01_10": [test_amplitude.event("a")]}, asked)


def entry_of(lines: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("1/1_2026-01-01_10#0.json.gz", gzip.compress(lines))
    return packed.getvalue()


PENDO = (pendo.CONNECTOR, test_pendo.settings_at, "integration_key", usual_pendo)
MIXPANEL = (mixpanel.CONNECTOR, test_mixpanel.settings_at, "api_secret", usual_mixpanel)
AMPLITUDE = (amplitude.CONNECTOR, test_amplitude.settings_at, "secret_key", usual_amplitude)
VENDORS = {
    "pendo's error": (*PENDO, REFUSAL),
    "pendo's error beside null": (*PENDO, REFUSAL[:-1] + b', "results": null}'),
    "pendo's message": (*PENDO, f'{{"message": "no access with {KEY}"}}'.encode()),
    "mixpanel's error": (*MIXPANEL, REFUSAL),
    "mixpanel's error and another line": (*MIXPANEL, REFUSAL + b"\n{}\n"),
    "amplitude's error": (*AMPLITUDE, REFUSAL),
    "amplitude's error in the zip": (*AMPLITUDE, entry_of(REFUSAL)),
}


@pytest.mark.parametrize(
    ("connector", "settings_at", "key", "usual", "refusal"), VENDORS.values(), ids=VENDORS
)
def test_an_error_that_comes_with_200_closes_no_window(  # noqa: PLR0917
    warehouse: Warehouse,
    connector: Connector[Any],
    settings_at: Callable[..., Any],
    key: str,
    usual: Callable[[Asked], Said],
    refusal: bytes,
) -> None:
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    is_refused = True

    def answer(asked: Asked) -> Said:
        is_reference = connector is pendo.CONNECTOR and asked["path"] != "/api/v1/aggregation"
        return Said(refusal) if is_refused and not is_reference else usual(asked)

    told: list[str] = []
    with answering(answer) as vendor:
        settings = settings_at(vendor.url, **{key: KEY, **FIRST})
        with pytest.raises(GaveUpError, match=r"2 times in a row .*no access with \*\*\*") as refused:
            warehouse.load(connector, settings, told)
        assert KEY not in f"{refused.value} {told}"
        findings = [each for each in connector.check(settings) if each.subject not in REFERENCE]
        assert findings and not any(each.is_fine for each in findings)
        assert all("no access with ***" in each.detail for each in findings[:3])
        # The days are over, and would not be looked at again for late events.
        warehouse.now = datetime(2026, 3, 1, tzinfo=UTC)
        is_refused = False
        assert warehouse.load(connector, settings).rows_loaded == 1
        assert all(each.is_fine for each in connector.check(settings))
        assert warehouse.load(connector, settings).rows_in == 0


@pytest.mark.parametrize("at_fault", ["", "web/", "web/1772323200000/", "web/1772323200000/1.json"])
def test_an_error_in_place_of_a_listing_or_a_file_closes_no_day(warehouse: Warehouse, at_fault: str) -> None:
    """Of the first day; the second comes much later, when the first is no longer listed."""
    first, second = 1_772_323_200_000, 1_777_593_600_000
    calls = {str(day): json.dumps(call(str(day))).encode() for day in (first, second)}
    is_refused = True

    def answer(asked: Asked) -> Said:
        path = asked["path"].removeprefix("/segment-logs").strip("/")
        if is_refused and path == at_fault.strip("/"):
            return Said(REFUSAL)
        source, day, file = (*path.split("/"), "", "", "")[:3]
        names = ["1.json"] if day else [f"{first}/", f"{second}/"] if source else ["web/"]
        links = "".join(f'<a href="{name}">{name}</a>' for name in names)
        return Said(calls[day]) if file else Said(f"<html>{links}</html>".encode())

    with answering(answer) as vendor:
        settings = segment.Settings(base_url=vendor.url, token=KEY, backoff_seconds=0.01, max_attempts=2)
        if at_fault.endswith(".json"):
            assert warehouse.load(segment.CONNECTOR, settings).rows_loaded == 1
        else:
            with pytest.raises(GaveUpError, match=r"2 times in a row \(it is no page, .*with \*\*\*"):
                warehouse.load(segment.CONNECTOR, settings)
        if at_fault in {"", "web/"}:
            (found,) = segment.CONNECTOR.check(settings)
            assert not found.is_fine and "no access with ***" in found.detail
        is_refused = False
        warehouse.load(segment.CONNECTOR, settings)
        assert warehouse.rows("select count(*) from raw_segment.events") == [(2,)]


@pytest.mark.parametrize("bad", [b"{}", b'{"error": "odd"}'])
def test_a_line_that_is_no_event_is_set_aside_among_events(warehouse: Warehouse, bad: bytes) -> None:
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    event = test_mixpanel.event("a", NEW_YEAR).encode()
    with answering(lambda asked: Said(bad + b"\n" + event)) as vendor:
        loaded = warehouse.load(mixpanel.CONNECTOR, test_mixpanel.settings_at(vendor.url, **FIRST))
    assert (loaded.rows_loaded, loaded.rows_quarantined) == (1, 1)
