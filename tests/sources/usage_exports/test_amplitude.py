"""Amplitude: the local server, and exports as no server should send them."""

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from answers import Asked, Said, answering
from conftest import Serve
from warehouses import Warehouse, lived_events

from assets.sources.amplitude import CONNECTOR, Settings
from assets.sources.api import CredentialsRefusedError, GaveUpError, NotFoundError, RequestRefusedError
from simulator.vendors.faults import Fault

FIVETRAN = Path(__file__).parents[3] / "../shared/data/fivetran_seeds/amplitude/amplitude_event_data.csv"
QUICK: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 1.0}
NOTHING = Said(b"Raw data files were not found.", 404)


def settings_at(url: str, **given: Any) -> Settings:
    usual: dict[str, Any] = {
        "api_key": "key",
        "secret_key": "simulated-amplitude",
        "start_on": date(2026, 10, 14),
    }
    return Settings(base_url=url, **{**usual, **QUICK, **given})


def event(insert_id: str, at: str = "2026-01-01 10:00:00.000000", **given: Any) -> dict[str, Any]:
    return {"$insert_id": insert_id, "event_type": "exported", "event_time": at, "user_id": "u1", **given}


def zipped(hours: dict[str, list[Any]]) -> Said:
    """Hours as `2026-01-01_10`; a vendor packs anew each time, so times of packing differ."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for hour, lines in hours.items():
            text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
            content = gzip.compress(text.encode(), mtime=len(text))
            archive.writestr(f"1/1_{hour}#0.json.gz", content)
    return Said(packed.getvalue())


def test_a_load_holds_every_event_of_the_hours_that_are_ready(serve: Serve, warehouse: Warehouse) -> None:
    server = serve()
    settings = settings_at(server.url_of("amplitude"))
    server.set_faults(
        Fault(vendor="amplitude", kind=kind, skip=n, times=1, retry_after=0)
        for n, kind in enumerate(("rate_limit", "server_error", "truncated_body"))
    )
    warehouse.load(CONNECTOR, settings)
    held = "select count(*) from raw_amplitude.events"
    server.advance()
    warehouse.a_day_later()
    warehouse.load(CONNECTOR, settings)
    # What came in the last two hours of a day may be had a day later.
    assert warehouse.changed_days("amplitude") <= {date(2026, 10, 20), server.view.today}
    server.advance()
    warehouse.a_day_later()
    warehouse.load(CONNECTOR, settings)
    last_hours = server.view.usage(server.view.today).filter(pl.col("occurred_at").dt.hour() >= 22).height
    assert warehouse.rows(held) == [(lived_events(server, date(2026, 10, 14)) - last_hours,)]
    asked = len(server.journal.requests("amplitude"))
    assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert len(server.journal.requests("amplitude")) - asked <= 4
    assert warehouse.accounted("amplitude")


def test_an_hour_exported_again_is_replaced_and_a_late_event_counts_for_its_own_day(
    warehouse: Warehouse,
) -> None:
    hours: dict[str, list[Any]] = {"2026-01-01_9": [event("a"), event("b")], "2026-01-01_10": [event("c")]}
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    with answering(lambda asked: _range(hours, asked)) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1))
        assert warehouse.load(CONNECTOR, settings).rows_loaded == 3
        assert warehouse.load(CONNECTOR, settings).rows_in == 0
        hours["2026-01-01_9"].insert(0, event("offline", "2025-11-20 08:00:00"))
        hours["2026-01-01_10"].append(event("a"))
        loaded = warehouse.load(CONNECTOR, settings)
    assert (loaded.rows_loaded, loaded.rows_duplicate) == (4, 1)
    assert warehouse.changed_days("amplitude") == {date(2025, 11, 20)}
    assert warehouse.accounted("amplitude")


def _range(hours: dict[str, list[Any]], asked: Asked) -> Said:
    first, last = (_hour(asked[name], "%Y%m%dT%H") for name in ("start", "end"))
    found = {hour: lines for hour, lines in hours.items() if first <= _hour(hour, "%Y-%m-%d_%H") <= last}
    return zipped(found) if found else NOTHING


def _hour(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)


ACME = {"name": "Acme", "configuration": ["sso", "scim"]}


def test_groups_properties_and_bad_lines(warehouse: Warehouse) -> None:
    lines = [
        event("a", groups={"company": ["a1", "a2"]}, group_properties={"company": {"a1": ACME}}),
        event("b", user_properties={"email": "m@acme.example"}, event_properties={"feature": "reports"}),
        event("c", event_properties="{}", data={"first_event": True}, experiment="x"),
        {"event_type": "exported", "event_time": "2026-01-01 10:00:00", "uuid": "its uuid"},
        event("d", event_type=None),
        event("e", "once"),
        "{",
    ]
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    with answering(lambda asked: _range({"2026-01-01_10": lines}, asked)) as vendor:
        loaded = warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date(2026, 1, 1)))
    assert (loaded.rows_loaded, loaded.rows_quarantined) == (4, 3)
    assert warehouse.rejected("amplitude") == {
        5: "event_type is missing",
        6: "event_time 'once' is not a timestamp",
        7: "the line is not valid JSON",
    }
    assert warehouse.rows(
        "select insert_id, group_id, email, feature, extra::varchar from raw_amplitude.events order by _line"
    ) == [
        ("a", "a1", None, None, None),
        ("b", None, "m@acme.example", "reports", None),
        ("c", None, None, None, '{"experiment":"x"}'),
        ("its uuid", None, None, None, None),
    ]
    assert warehouse.rows(
        "select trait, value from raw_amplitude.traits where kind = 'group' and trait <> 'id' order by trait"
    ) == [("configuration", '["sso","scim"]'), ("name", "Acme")]


def test_an_export_that_is_too_large_is_asked_for_in_parts(warehouse: Warehouse) -> None:
    def answer(asked: Asked) -> Said:
        first, last = (_hour(asked[name], "%Y%m%dT%H") for name in ("start", "end"))
        span = last - first
        if span.total_seconds() >= 4 * 3600 or asked["start"] == "20260102T00":
            return Said(b"The export is larger than 4 GB.", 400)
        return zipped({f"{asked['start'][:4]}-01-01_{int(asked['start'][-2:])}": [event(asked["start"])]})

    warehouse.now = datetime(2026, 1, 1, 22, tzinfo=UTC)
    with answering(answer) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1))
        warehouse.load(CONNECTOR, settings)
        hours = "select count(*) from raw_tierline.files where source = 'amplitude'"
        assert warehouse.rows(hours) == [(20,)]
        warehouse.now = datetime(2026, 1, 2, 4, tzinfo=UTC)
        with pytest.raises(RequestRefusedError, match="4 GB"):
            warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date(2026, 1, 2)))


def test_wrong_credentials_are_named_and_not_shown(serve: Serve, warehouse: Warehouse) -> None:
    url = serve().url_of("amplitude")
    with pytest.raises(CredentialsRefusedError) as refused:
        warehouse.load(CONNECTOR, settings_at(url, secret_key="not-the-secret"))
    assert "TIERLINE_AMPLITUDE_SECRET_KEY" in str(refused.value)
    assert "not-the-secret" not in str(refused.value)
    assert [each.is_fine for each in CONNECTOR.check(settings_at(url))] == [True]
    sampled = dict(CONNECTOR.sample(settings_at(url), ("events",), 2, now=warehouse.now, tell=print))
    assert len(sampled["events"]) == 2


def test_events_of_another_export_go_through(warehouse: Warehouse) -> None:
    if not FIVETRAN.exists():
        pytest.skip(
            "the recorded events (../shared/data/fivetran_seeds/amplitude) are not beside the repository"
        )
    with FIVETRAN.open() as file:
        rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
    lines = [{**row, "$insert_id": row["_insert_id"]} for row in rows]
    with answering(lambda asked: _range({"2026-10-20_10": lines}, asked)) as vendor:
        loaded = warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date(2026, 10, 20)))
    assert (loaded.rows_in, loaded.rows_quarantined) == (len(rows), 0)
    days = {date.fromisoformat(str(row["event_time"])[:10]) for row in rows}
    assert warehouse.changed_days("amplitude") == days


def test_only_amplitude_s_own_words_mean_that_nothing_happened(warehouse: Warehouse) -> None:
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    said = [
        zipped({"2026-01-01_10": [event("a")]}),
        Said(b"<p>Error code: 404</p><p>File not found.</p>", 404),
    ]
    with answering(lambda asked: said[0]) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1))
        warehouse.load(CONNECTOR, settings)
        del said[0]
        with pytest.raises(NotFoundError, match="check the base URL"):
            warehouse.load(CONNECTOR, settings)
        assert [each.is_fine for each in CONNECTOR.check(settings)] == [False]
    assert warehouse.rows("select count(*) from raw_amplitude.events") == [(1,)]


def damaged() -> bytes:
    """In the packed bytes of its entry."""
    whole = bytearray(zipped({"2026-01-01_10": [event(str(n)) for n in range(50)]}).body)
    whole[60:70] = bytes(10)
    return bytes(whole)


def deflated_and_damaged() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1/1_2026-01-01_10#0.json", json.dumps(event("a")) * 100)
    whole = bytearray(packed.getvalue())
    whole[60] ^= 0xFF
    whole[61] ^= 0xFF
    return bytes(whole)


def marked(local: int, central: int, value: int) -> bytes:
    """With another byte in both headers of its entry."""
    whole = bytearray(zipped({"2026-01-01_10": [event("a")]}).body)
    whole[local], whole[whole.index(b"PK\x01\x02") + central] = value, value
    return bytes(whole)


ODD = {
    "damaged": damaged(),
    "deflated": deflated_and_damaged(),
    "encrypted": marked(6, 8, 1),
    "of an unknown method": marked(8, 10, 77),
    "cut off": zipped({"2026-01-01_10": [event("a")]}).body[:-30],
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_zip_that_cannot_be_unpacked_is_asked_for_again(warehouse: Warehouse, odd: bytes) -> None:
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    bad, hours = 2, {"2026-01-01_10": [event("a")]}

    def answer(asked: Asked) -> Said:
        return Said(odd) if len(vendor.asked) <= bad else _range(hours, asked)

    with answering(answer) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), max_attempts=3)
        assert warehouse.load(CONNECTOR, settings).rows_loaded == 1
        bad = 1_000
        with pytest.raises(GaveUpError, match=r"3 times in a row \((the zip is|it is no whole)"):
            warehouse.load(CONNECTOR, settings)
        assert [each.is_fine for each in CONNECTOR.check(settings)] == [False]
    assert warehouse.rows("select count(*) from raw_amplitude.events") == [(1,)]


def test_more_than_may_come_out_of_a_zip_is_asked_for_in_parts_and_then_refused(warehouse: Warehouse) -> None:
    blank = "\n" * 400_000
    hours = {f"2026-01-01_{hour}": [event(str(hour)), blank] for hour in range(8)}
    warehouse.now = datetime(2026, 1, 1, 10, tzinfo=UTC)
    with answering(lambda asked: _range(hours, asked)) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), archive_gigabytes=0.001)
        assert warehouse.load(CONNECTOR, settings).rows_loaded == 8
        spans = [_hour(a["end"], "%Y%m%dT%H") - _hour(a["start"], "%Y%m%dT%H") for a in vendor.asked]
        assert max(spans).total_seconds() > 3600  # two hours are within the limit, four are not
        warehouse.now = datetime(2026, 1, 1, 11, tzinfo=UTC)
        hours["2026-01-01_8"] = [event("8"), blank * 3]
        with pytest.raises(
            GaveUpError, match=r"2026-01-01T08: .* raise TIERLINE_AMPLITUDE_ARCHIVE_GIGABYTES"
        ):
            warehouse.load(
                CONNECTOR,
                settings_at(vendor.url, start_on=date(2026, 1, 1), archive_gigabytes=0.001, late_days=0),
            )


def test_of_a_bomb_nothing_is_unpacked(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1/1_2026-01-01_10#0.json", b"\n" * (64 << 20))
    opened: list[Any] = []
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *given, **named: opened.append(given))
    warehouse.now = datetime(2026, 1, 1, 14, tzinfo=UTC)
    with answering(lambda asked: Said(packed.getvalue())) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), archive_gigabytes=0.05)
        with pytest.raises(GaveUpError, match=r"0\.05 GB come out"):
            warehouse.load(CONNECTOR, settings)
    assert opened == []
