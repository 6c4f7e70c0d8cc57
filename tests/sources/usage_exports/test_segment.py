"""Segment: archives written by hand, hostile ones too, and the local server's, in its folder and over HTTP."""

import csv
import gzip
import sys
from datetime import date
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from calls import ArchiveFolder, call
from conftest import SEEN_UNTIL, Serve
from warehouses import Warehouse, lived_events

from assets.sources.api import CredentialsRefusedError
from assets.sources.bulk import batches
from assets.sources.bulk.archive import ArchiveMissingError
from assets.sources.segment import CONNECTOR, ArchiveNotGivenError, Settings
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer

FROM = date(2026, 10, 13)
FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
QUICK = {"backoff_seconds": 0.01, "timeout_seconds": 1.0}


@pytest.fixture
def archive(tmp_path: Path) -> ArchiveFolder:
    return ArchiveFolder(tmp_path / "archive")


@pytest.fixture
def settings(archive: ArchiveFolder) -> Settings:
    return Settings(folder=archive.folder)


def over_http(server: VendorServer, **given: Any) -> Settings:
    return Settings(base_url=server.url_of("segment"), **{"token": "simulated-segment", **QUICK, **given})


def test_hostile_lines_are_set_aside_with_their_reasons_and_the_others_loaded(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    archive.write(
        FIRST,
        call("iso", "2026-03-01T10:00:00+02:00"),
        call("seconds", ..., originalTimestamp=1772359200),
        call("milliseconds", 1772359200123, sentAt="1772359200350", properties={"quantity": "many"}),
        call("new field", firmware={"version": 7}, nothing=None),
        call("text properties", properties='{"feature": "reports"}'),
        '{"messageId": "broken", "type": ',
        '["a", "list"]',
        call(..., event="no id"),
        call("bad time", "yesterday"),
        call({"an": "object"}),
        call("no event", event=...),
        call("properties", properties="text"),
        call("strange", type="purchase"),
        call("future", "2099-01-01T00:00:00Z"),
        "\udcff\udcfe not unicode",
        call(
            "group",
            type="group",
            groupId="a1",
            traits={"name": " Acme ", "employees": 40, "configuration": {"sso": True}},
        ),
    )
    loaded = warehouse.load(CONNECTOR, settings)
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_quarantined) == (16, 6, 10)
    assert warehouse.rejected("segment") == {
        6: "the line is not valid JSON",
        7: "the line is not a JSON object",
        8: "message_id is missing",
        9: "timestamp 'yesterday' is not a timestamp",
        10: 'message_id \'{"an":"object"}\' is not text',
        11: "a track call without an event",
        12: "properties 'text' is not a JSON object",
        13: "type 'purchase' is not one of track, page, screen, identify, group, alias",
        14: "timestamp '2099-01-01T00:00:00Z' is in the future",
        15: "the line is not valid JSON",
    }
    assert warehouse.rows(
        "select message_id, strftime(timestamp, '%H:%M:%S.%g'), feature, extra::varchar"
        " from raw_segment.events where type = 'track' order by _line"
    ) == [
        ("iso", "08:00:00.000", None, None),
        ("seconds", "10:00:00.000", None, None),
        ("milliseconds", "10:00:00.123", None, None),
        ("new field", "10:00:00.000", None, '{"firmware":{"version":7}}'),
        ("text properties", "10:00:00.000", None, None),
    ]
    assert warehouse.rows(
        'select "row" from raw_segment._quarantine where line in (6, 7, 15) order by line'
    ) == [
        ('{"messageId": "broken", "type": ',),
        ('["a", "list"]',),
        ("\\xff\\xfe not unicode",),
    ]
    assert warehouse.rows("select trait, value from raw_segment.traits where kind = 'group' order by 1") == [
        ("configuration", '{"sso":true}'),
        ("employees", "40"),
        ("id", "a1"),
        ("name", "Acme"),
    ]
    assert warehouse.accounted("segment")


def test_an_event_sent_twice_counts_once_in_whichever_order_its_files_come(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    late = "2026-03-02T00:00:10Z"
    archive.write(SECOND, call("twice", late, event="again"), call("other", late), call("other", late))
    archive.write(date(2026, 3, 20), call("twice", "2026-03-20T10:00:00Z"))
    loaded = warehouse.load(CONNECTOR, settings)
    assert (loaded.rows_loaded, loaded.rows_duplicate) == (3, 1)
    archive.write(FIRST, call("twice", "2026-03-01T23:59:50Z"))
    warehouse.load(CONNECTOR, settings)
    # The earlier file's row counts now, and both days are others than before.
    counting = "select event, timestamp::date from raw_segment.events where message_id = 'twice'"
    assert warehouse.rows(f"{counting} and not _is_duplicate order by 2") == [
        ("exported", FIRST),
        ("exported", date(2026, 3, 20)),
    ]
    assert warehouse.changed_days("segment") == {FIRST, SECOND}
    assert warehouse.accounted("segment")
    archive.write(FIRST, call("something else"))
    warehouse.load(CONNECTOR, settings)
    assert warehouse.rows(f"{counting} and not _is_duplicate order by 2")[0] == ("again", SECOND)
    assert warehouse.changed_days("segment") == {FIRST, SECOND}
    assert warehouse.accounted("segment")


def test_a_message_id_that_every_event_has_does_not_take_forever(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    archive.write(FIRST, *(call("undefined") for _ in range(20_000)))
    loaded = warehouse.load(CONNECTOR, settings)
    assert (loaded.rows_loaded, loaded.rows_duplicate) == (1, 19_999)


def test_a_truncated_file_is_refused_whole_and_read_once_it_is_whole(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    archive.write(FIRST, call("before"))
    warehouse.load(CONNECTOR, settings)
    damaged = archive.write(FIRST, *(call(f"m{n}") for n in range(500)))
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    archive.write(SECOND, call("fine", "2026-03-02T10:00:00Z"))
    for _ in range(2):
        loaded = warehouse.load(CONNECTOR, settings)
        assert loaded.rows_quarantined == 1
        assert warehouse.rows("select message_id from raw_segment.events order by 1") == [
            ("before",),
            ("fine",),
        ]
        ((reason,),) = warehouse.rows("select reason from raw_segment._quarantine where line is null")
        assert "GZIP" in reason
        assert str(archive.folder) not in reason
        assert warehouse.accounted("segment")
    damaged.write_bytes(whole)
    assert warehouse.load(CONNECTOR, settings).rows_loaded == 500
    assert warehouse.rejected("segment") == {}
    assert warehouse.accounted("segment")


def test_a_file_is_read_again_only_for_another_content_and_marks_only_days_that_differ(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    on_second = call("b", "2026-03-02T10:00:00Z")
    archive.write(FIRST, call("a"), on_second)
    warehouse.load(CONNECTOR, settings)
    assert warehouse.changed_days("segment") == {FIRST, SECOND}
    archive.write(FIRST, call("a"), on_second)  # the same bytes, a new time
    assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert warehouse.changed_days("segment") == set()
    archive.write(FIRST, call("a", event="renamed"), on_second, call("c", "2026-03-05T10:00:00Z"))
    assert warehouse.load(CONNECTOR, settings).rows_loaded == 3
    assert warehouse.changed_days("segment") == {FIRST, date(2026, 3, 5)}


def test_what_lay_in_the_future_is_taken_when_its_time_has_come(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    archive.write(SEEN_UNTIL, call("early", "2026-10-23T10:00:00Z"))
    assert warehouse.load(CONNECTOR, settings).rows_quarantined == 1
    warehouse.a_day_later()
    warehouse.a_day_later()
    assert warehouse.load(CONNECTOR, settings).rows_loaded == 1
    assert warehouse.rejected("segment") == {}


def test_a_killed_load_is_taken_up_where_it_was(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    for n in range(6):
        archive.write(FIRST, *(call(f"{n}-{m}") for m in range(50)), name=f"{n}.gz")
    script = f"""
import os, signal
from datetime import UTC, datetime
from pathlib import Path
from assets.sources.bulk import batches, loading
from assets.sources.connector import Places
from assets.sources.segment import CONNECTOR, Settings
batches.STAGED_BYTES = 1
note, calls = loading.traits.note, []
def killed(*given):
    calls.append(1)
    if len(calls) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return note(*given)
loading.traits.note = killed
home = Path({str(warehouse.home)!r})
CONNECTOR.load(home / "warehouse.duckdb", Settings(folder=Path({str(archive.folder)!r})),
    places=Places(home / "state", home / "quarantine"), now=datetime(2026, 10, 21, tzinfo=UTC), tell=print)
"""
    process = Popen([sys.executable, "-c", script], stdout=PIPE, stderr=PIPE)
    assert process.wait() == -9
    assert warehouse.rows("select count(*) from raw_segment.events") == [(150,)]
    assert warehouse.accounted("segment")
    assert warehouse.load(CONNECTOR, settings).rows_loaded == 150
    assert warehouse.rows("select count(*), count(distinct message_id) from raw_segment.events") == [
        (300, 300)
    ]
    assert warehouse.accounted("segment")


def test_the_archive_is_read_the_same_over_http_and_then_only_what_is_new(
    serve: Serve, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_FILES_MOST", 10)
    faults = ("rate_limit", "server_error", "truncated_body", "timeout_before")
    server = serve()
    server.set_faults(
        Fault(vendor="segment", path="/segment-logs/*", kind=kind, skip=10 + 3 * n, times=1, retry_after=0)
        for n, kind in enumerate(faults)
    )
    settings = over_http(server, start_on=FROM)
    loaded = warehouse.load(CONNECTOR, settings)
    calls = "from raw_segment.events where type in ('track', 'page', 'screen')"
    assert warehouse.rows(f"select count(*) {calls}") == [(lived_events(server, FROM),)]
    assert loaded.rows_loaded == loaded.rows_in
    in_folder = Warehouse(warehouse.home.parent / "from_folder", warehouse.now)
    assert in_folder.load(CONNECTOR, Settings(folder=server.view.folder, start_on=FROM)) == loaded
    everything = "select * exclude (_load_id) from raw_segment.events order by _file, _line"
    assert in_folder.rows(everything) == warehouse.rows(everything)
    assert in_folder.rows("from raw_segment.traits order by all") == warehouse.rows(
        "from raw_segment.traits order by all"
    )

    asked = len(server.journal.requests("segment"))
    assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert len(server.journal.requests("segment")) - asked <= 13
    server.advance()
    warehouse.a_day_later()
    warehouse.load(CONNECTOR, settings)
    assert warehouse.changed_days("segment") == {server.view.today}
    assert warehouse.rows(f"select count(*) {calls}") == [(lived_events(server, FROM),)]


def test_wrong_credentials_and_a_missing_archive_are_named_and_hold_no_secret(
    serve: Serve, warehouse: Warehouse, tmp_path: Path
) -> None:
    server = serve()
    with pytest.raises(CredentialsRefusedError) as refused:
        warehouse.load(CONNECTOR, over_http(server, token="not-the-token"))
    assert "TIERLINE_SEGMENT_TOKEN" in str(refused.value)
    assert "not-the-token" not in str(refused.value)
    assert [each.is_fine for each in CONNECTOR.check(over_http(server))] == [True]
    assert [each.is_fine for each in CONNECTOR.check(Settings(folder=tmp_path / "nowhere"))] == [False]
    with pytest.raises(ArchiveNotGivenError, match="TIERLINE_SEGMENT_FOLDER"):
        CONNECTOR.check(Settings())
    sampled = dict(
        CONNECTOR.sample(over_http(server), ("events", "traits"), 3, now=warehouse.now, tell=print)
    )
    assert len(sampled["events"]) == 3


def test_an_archive_that_is_not_there_is_refused_and_not_taken_for_a_quiet_day(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse, tmp_path: Path
) -> None:
    archive.write(FIRST, call("known"))
    warehouse.load(CONNECTOR, settings)
    (tmp_path / "mount point").mkdir()
    for place in ("mount point", "nowhere"):
        missing = Settings(folder=tmp_path / place)
        with pytest.raises(ArchiveMissingError, match=f"{place} has no folders"):
            warehouse.load(CONNECTOR, missing)
        with pytest.raises(ArchiveMissingError):
            dict(CONNECTOR.sample(missing, ("events",), 3, now=warehouse.now, tell=print))
        assert [each.is_fine for each in CONNECTOR.check(missing)] == [False]
    assert warehouse.rows("select count(*) from raw_tierline.loads") == [(1,)]
    # One that has nothing of the days that are wanted is there.
    later = Settings(folder=archive.folder, start_on=SECOND)
    assert warehouse.load(CONNECTOR, later).rows_in == 0
    assert [each.is_fine for each in CONNECTOR.check(later)] == [True]
    assert warehouse.rows("select count(*) from raw_tierline.loads") == [(2,)]


def test_a_public_click_stream_goes_through(
    archive: ArchiveFolder, settings: Settings, warehouse: Warehouse
) -> None:
    clicks = Path(__file__).parents[3] / "../shared/data/retentioneering_ecom.csv.gz"
    if not clicks.exists():
        pytest.skip(
            "the click stream (../shared/data/retentioneering_ecom.csv.gz) is not beside the repository"
        )
    with gzip.open(clicks, "rt") as file:
        rows = list(csv.DictReader(file))
    lines = (
        call(f"click-{n}", row["timestamp"], event=row["event"], userId=row["user_id"], properties=row)
        for n, row in enumerate(rows)
    )
    archive.write(FIRST, *lines)
    loaded = warehouse.load(CONNECTOR, settings)
    assert (loaded.rows_loaded, loaded.rows_quarantined) == (len(rows), 0) == (31_106, 0)
    days = {date.fromisoformat(row["timestamp"][:10]) for row in rows}
    assert warehouse.changed_days("segment") == days
    people = warehouse.rows("select count(*) from raw_segment.traits where kind = 'user' and trait = 'id'")
    assert people == [(len({row["user_id"] for row in rows}),)]


def test_a_file_that_came_damaged_is_asked_for_again_however_old(serve: Serve, warehouse: Warehouse) -> None:
    server = serve()
    settings = over_http(server, start_on=FROM, max_attempts=2, timeout_seconds=20)
    CONNECTOR.check(settings)
    damaged = ArchiveFolder(server.view.folder).path(FROM)
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    assert warehouse.load(CONNECTOR, settings).rows_quarantined == 1
    damaged.write_bytes(whole)
    assert warehouse.load(CONNECTOR, settings).rows_loaded == gzip.decompress(whole).count(b"\n")
    assert warehouse.accounted("segment")
