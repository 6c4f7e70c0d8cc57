"""One odd row in an export keeps no other from loading, whatever the vendor."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import Asked, Said, answering
from calls import ArchiveFolder
from warehouses import Warehouse

from assets.sources import amplitude, mixpanel, pendo, segment
from assets.sources.api import RequestRefusedError

AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
QUICK: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 5.0, "max_attempts": 2}
EVENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "segment": lambda name: {
        "messageId": name, "type": "track", "event": name, "userId": name, "timestamp": "2026-01-01T10:00:00Z",
    },
    "mixpanel": lambda name: {
        "event": name, "properties": {"$insert_id": name, "time": AT.timestamp(), "distinct_id": name},
    },
    "amplitude": lambda name: {
        "$insert_id": name, "event_type": name, "event_time": "2026-01-01 10:00:00", "user_id": name,
    },
    "pendo": lambda name: {"visitorId": name, "featureId": "f1", "day": AT.timestamp() * 1000},
}  # fmt: skip
PERSON = {"segment": "user_id", "mixpanel": "distinct_id", "amplitude": "user_id", "pendo": "visitor_id"}
CONNECTORS: dict[str, Any] = {
    "segment": segment.CONNECTOR,
    "mixpanel": mixpanel.CONNECTOR,
    "amplitude": amplitude.CONNECTOR,
    "pendo": pendo.CONNECTOR,
}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "mixpanel": {"api_secret": "s"},
    "amplitude": {"api_key": "k", "secret_key": "s"},
    "pendo": {"integration_key": "k"},
}
ODD = {
    "huge": "1e999",
    "long": "9" * 400,
    "nested": '{"a": ["\\u0000", {"b\\u0000": null}]}',
    "deep": "[" * 300 + "]" * 300,
    "half an emoji": '"cut \\ud83d"',
    "control": '"a\x01b"',
}
NO_OBJECTS = ("null", "[1, 2]", "5", '"text"', "true")


def lines_of(system: str) -> list[str]:
    """Rows of the system with something odd in each, no objects, and half an emoji at the end."""
    row = EVENTS[system]
    odd = [json.dumps(row(name))[:-1] + f', "odd": {value}}}' for name, value in ODD.items()]
    return [json.dumps(row("nul\0")), *odd, *NO_OBJECTS, json.dumps(row("last \ud83d"))]


def answer_of(system: str, asked: Asked) -> Said:
    lines = lines_of(system)
    if system == "mixpanel":
        return Said("\n".join(lines).encode() if asked["from_date"] == "2026-01-01" else b"")
    if system == "amplitude":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            if asked["start"] <= "20260101T10" <= asked["end"]:
                archive.writestr("1/1_2026-01-01_10#0.json.gz", gzip.compress("\n".join(lines).encode()))
        return Said(packed.getvalue())
    if asked["path"] != "/api/v1/aggregation":
        return Said(b"[]")
    (step,) = json.loads(asked["body"])["request"]["pipeline"]
    if "accounts" in step["source"]:
        return Said(b'{"results": [{"accountId": "a1"}, {"accountId": "cut \\ud83d", "n": 1e999}, null, 5]}')
    return Said(f'{{"results": [{", ".join(lines) if "featureEvents" in step["source"] else ""}]}}'.encode())


@pytest.mark.parametrize("system", EVENTS)
def test_an_odd_row_is_kept_or_set_aside_and_no_other_with_it(
    system: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    connector = CONNECTORS[system]
    if system == "segment":
        ArchiveFolder(tmp_path).write(AT.date(), *lines_of(system))
        loaded = warehouse.load(connector, segment.Settings(folder=tmp_path))
    else:
        with answering(lambda asked: answer_of(system, asked)) as vendor:
            given = {"base_url": vendor.url, "start_on": AT.date(), **QUICK, **CREDENTIALS[system]}
            loaded = warehouse.load(connector, connector.settings_type(**given))
    assert (loaded.rows_loaded, loaded.rows_quarantined) == (len(ODD) + 2, len(NO_OBJECTS))
    names = {name for (name,) in warehouse.rows(f"select {PERSON[system]} from raw_{system}.events")}
    assert names == {"nul\0", *ODD, "last \ufffd"}
    odd = f"select extra ->> '/odd' from raw_{system}.events where {PERSON[system]} = 'half an emoji'"
    assert warehouse.rows(odd) == [("cut \ufffd",)]
    quarantine = "_quarantine_events" if system == "pendo" else "_quarantine"
    reasons = warehouse.rows(f"select distinct reason from raw_{system}.{quarantine}")
    assert reasons == [("the line is not a JSON object",)]
    assert warehouse.accounted(system)
    if system == "pendo":
        accounts = warehouse.rows("select account_id from raw_pendo.accounts order by 1")
        assert accounts == [("a1",), ("cut \ufffd",)]


def test_pendo_s_events_are_loaded_when_its_records_cannot_be(warehouse: Warehouse) -> None:
    def answer(asked: Asked) -> Said:
        is_guide = asked["path"] == "/api/v1/guide"
        return Said(b"not today", 400) if is_guide else answer_of("pendo", asked)

    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    with answering(answer) as vendor:
        settings = CONNECTORS["pendo"].settings_type(
            base_url=vendor.url, start_on=AT.date(), **QUICK, **CREDENTIALS["pendo"]
        )
        with pytest.raises(RequestRefusedError, match="not today"):
            warehouse.load(CONNECTORS["pendo"], settings)
    assert warehouse.rows("select count(*) from raw_pendo.events") == [(len(ODD) + 2,)]
