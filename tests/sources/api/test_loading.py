"""What stands in the warehouse after a load, whatever happened during it or before."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from listed import COLUMNS, NOTES, NOW, Killed, Vendor, row

from assets.sources.api import (
    ApiError,
    ApiSettings,
    CredentialsRefusedError,
    GaveUpError,
    LoadIncompleteError,
    Page,
    PermissionMissingError,
    Reading,
    ShrunkListingError,
    Spoilt,
    UnexpectedAnswerError,
    identifier,
    quarantine,
    received,
    whole_number,
)
from assets.sources.connector import Places

LOGGED = "select table_name, sum(rows_in), sum(rows_loaded), sum(rows_duplicate), sum(rows_quarantined) from raw_tierline.loads where table_name <> 'firms' group by 1 order by 1"

UNBALANCED = (
    "select count(*) from raw_tierline.loads where rows_in <> rows_loaded + rows_duplicate + rows_quarantined"
)


@pytest.fixture
def vendor(tmp_path: Path) -> Vendor:
    return Vendor(tmp_path)


def test_only_what_changed_is_loaded_and_every_row_is_accounted_for(vendor: Vendor) -> None:
    vendor.rows = {
        "notes": [row(1), row(2), row(1, 2, name="later"), row(3, 2, size="many"), row(4, 3)],
        "deals": [row(1), row(2, 2)],
        "plans": [row(1), row(2)],
    }
    loads = vendor.load()
    note = loads["notes"]
    assert (note.rows_in, note.rows_loaded, note.rows_duplicate, note.rows_quarantined) == (5, 3, 1, 1)
    assert vendor.ask("select name from raw_listed.notes order by id") == [("later",), ("n2",), ("n4",)]
    again = vendor.load()
    assert [(each.rows_in, each.rows_loaded, each.rows_duplicate) for each in again.values()] == [
        (1, 0, 1),
        (1, 0, 1),
        (2, 0, 2),
        (0, 0, 0),
    ]
    vendor.rows["notes"].append(row(3, 4))
    vendor.rows["deals"] += [row(2, 4, name="won"), row(1, 4, is_new=True)]
    vendor.load()
    assert vendor.ask(
        "select id, name, extra from raw_listed.deals where _dlt_valid_to is null order by id"
    ) == [
        ("1", "n1", '{"is_new":true}'),
        ("2", "won", None),
    ]
    assert vendor.ask("select count(*) from raw_listed.deals where _dlt_valid_to is not null") == [(2,)]
    zoned = "select table_name, column_name from duckdb_columns() where schema_name = 'raw_listed'"
    zoned += " and data_type = 'TIMESTAMP WITH TIME ZONE' and table_name not like '_dlt%'"
    assert vendor.ask(zoned) == [], "raw times are UTC, and say no zone"
    assert vendor.ask(LOGGED) == [("deals", 6, 4, 2, 0), ("notes", 8, 4, 3, 1), ("plans", 6, 2, 4, 0)]


def test_a_rejected_row_is_listed_with_its_reason_until_it_comes_good(vendor: Vendor) -> None:
    vendor.rows["notes"] = [row(1, size=-4), row(2, updated_at="soon"), row(3)]
    vendor.load()
    exported = (vendor.folder / "quarantine/listed/notes.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in exported] == [
        "size '-4' is less than 0",
        "updated_at 'soon' is not a timestamp",
    ]
    assert json.loads(exported[0])["row"]["name"] == "n1"
    vendor.rows["notes"] += [row(1, 3), row(2, 3)]
    vendor.load()
    assert vendor.ask("select count(*), count(resolved_at) from raw_listed._quarantine") == [(2, 2)]
    assert not (vendor.folder / "quarantine/listed/notes.jsonl").exists()


def test_what_was_rejected_is_judged_again_by_the_rules_of_each_load(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "_ROWS_AT_ONCE", 2)
    odd = [row(1, size=-1, number=1), row(2, 9, size=-2, number=2), row(3, size=-3, number=3)]
    nameless = {name: value for name, value in row(30, number=30).items() if name != "id"}
    good = [row(key, number=key) for key in range(10, 18)]
    vendor.rows["notes"] = [*odd, row(8, size="XL", number=8), *good, nameless]
    vendor.rows["notes"].insert(5, Spoilt(row(9, number=9), "another form"))
    assert vendor.load()["notes"].rows_quarantined == 6
    vendor.rows["notes"] += [row(1, 3, name="anew", number=1), row(20, 3, number=20)]
    again = vendor.load()["notes"]
    assert (again.rows_in, again.rows_loaded, again.rows_quarantined) == (3, 2, 1), (
        "no unfit row counts again"
    )
    # The connector learns where ids stand and that sizes may be less than 0; a note comes once more.
    columns = (identifier("id", "number", required=True), COLUMNS[1], whole_number("size"), COLUMNS[3])
    vendor.notes = replace(NOTES, columns=columns)
    vendor.rows["notes"] += [row(3, 4, name="newest", size=0, number=3)]
    loads = vendor.load()["notes"]
    # Three from the quarantine, one of them older than what comes; and the row that always comes twice.
    assert (loads.rows_in, loads.rows_loaded, loads.rows_duplicate, loads.rows_quarantined) == (5, 3, 2, 0)
    stands = "select id, name, size from raw_listed.notes where id in ('1', '2', '3', '8', '30') order by id"
    assert vendor.ask(stands) == [("1", "anew", 1), ("2", "n2", -2), ("3", "newest", 0), ("30", "n30", 30)]
    assert vendor.ask("select key from raw_listed._quarantine where resolved_at is null order by 1") == [
        ("8",),
        ("9",),
    ]
    exported = (vendor.folder / "quarantine/listed/notes.jsonl").read_text().splitlines()
    assert [json.loads(line)["key"] for line in exported] == ["8", "9"]
    last = vendor.load()["notes"]
    assert (last.rows_in, last.rows_duplicate) == (1, 1)
    assert vendor.ask(UNBALANCED) == [(0,)]


def test_changes_in_a_format_that_is_not_understood_are_read_again_until_they_are(vendor: Vendor) -> None:
    vendor.rows["deals"] = [row(1), row(2)]
    vendor.load()
    changes = [row(key, key) for key in range(3, 9)]
    vendor.package_rows = 4
    vendor.rows["deals"] = [row(1), row(2), *({**each, "size": {"value": 1}} for each in changes)]
    for _ in range(2):
        loads = vendor.load()["deals"]
        assert (loads.rows_in, loads.rows_quarantined) == (4, 3)
        assert vendor.told[-1].startswith("deals: 3 of 4 rows were rejected")
    vendor.rows["deals"] = [row(1), row(2), *changes]
    vendor.load()
    assert vendor.ask("select count(*), count(_dlt_valid_to) from raw_listed.deals") == [(8, 0)]
    assert vendor.ask("select count(*) from raw_listed._quarantine where resolved_at is null") == [(0,)]
    assert vendor.load()["deals"].rows_in == 1


@pytest.mark.parametrize("pages", [1, 3])
def test_a_load_that_is_killed_while_reading_is_made_up_for(vendor: Vendor, pages: int) -> None:
    vendor.package_rows = 3
    vendor.rows = {"notes": [row(key, key) for key in range(1, 8)], "deals": [row(key) for key in (1, 2, 3)]}
    vendor.trouble = {"notes": (pages, Killed())}
    with pytest.raises(Killed):
        vendor.load()
    vendor.trouble = {}
    vendor.load()
    assert vendor.ask("select count(*), count(distinct id) from raw_listed.notes") == [(7, 7)]
    assert vendor.ask("select count(*), count(distinct id) from raw_listed.deals") == [(3, 3)]
    ((rows_in, accounted),) = vendor.ask(
        "select sum(rows_in), sum(rows_loaded + rows_duplicate + rows_quarantined) from raw_tierline.loads"
    )
    assert rows_in == accounted
    assert vendor.ask("select sum(rows_loaded) from raw_tierline.loads where table_name = 'notes'") == [(7,)]


def _die_before_logging(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt has loaded all, and nothing else has happened."""
    logged, calls = received.log_packages, []

    def dies_the_second_time(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return logged(*given)

    with monkeypatch.context() as patched:
        patched.setattr(received, "log_packages", dies_the_second_time)
        with pytest.raises(Killed):
            vendor.load()


def test_a_load_that_is_killed_before_it_is_logged_is_logged_once(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.rows = {"notes": [row(1), row(2)]}
    vendor.load()
    vendor.rows["notes"].append(row(3, 2))
    _die_before_logging(vendor, monkeypatch)
    assert vendor.ask("select sum(rows_loaded) from raw_tierline.loads where table_name = 'notes'") == [(2,)]
    vendor.load()
    assert vendor.ask("select sum(rows_loaded) from raw_tierline.loads where table_name = 'notes'") == [(3,)]
    packages = "select count(package), count(distinct package) from raw_tierline.loads"
    assert vendor.ask(packages) == [(3, 3)]


def test_a_process_killed_while_dlt_loads_loses_and_doubles_nothing(vendor: Vendor) -> None:
    vendor.rows = {"notes": [row(1), row(2, size="x")], "deals": [row(1), row(2)]}
    vendor.load()
    vendor.rows["notes"] += [row(3, 2), row(2, 3)]
    vendor.rows["deals"] += [row(2, 3, name="moved")]
    program = (
        "import os, signal, sys, json, pathlib\n"
        "from dlt.load.load import Load\n"
        "from listed import Vendor\n"
        "Load.complete_package = lambda *given, **named: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"Vendor(pathlib.Path({str(vendor.folder)!r}), json.load(sys.stdin)).load()\n"
    )
    search = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[3])])
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(vendor.rows),
        text=True,
        env={**os.environ, "PYTHONPATH": search},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    vendor.load()
    assert vendor.ask("select id, name from raw_listed.notes order by id") == [
        ("1", "n1"),
        ("2", "n2"),
        ("3", "n3"),
    ]
    assert vendor.ask("select count(*), count(_dlt_valid_to) from raw_listed.deals") == [(3, 1)]
    assert vendor.ask("select count(*), count(resolved_at) from raw_listed._quarantine") == [(1, 1)]
    assert vendor.ask(LOGGED)[1] == ("notes", 6, 3, 1, 2)
    assert vendor.told == ["completing the load that was interrupted"]


def test_a_warehouse_put_back_is_brought_up_to_date_from_where_it_stands(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, kept = vendor.folder / "warehouse.duckdb", vendor.folder / "kept.duckdb"
    vendor.rows = {"notes": [row(1), row(2)]}
    vendor.load()
    shutil.copy(warehouse, kept)
    vendor.rows["notes"] += [row(3, 2), row(4, 3)]
    _die_before_logging(vendor, monkeypatch)
    shutil.move(kept, warehouse)
    vendor.load()
    assert vendor.ask("select count(*) from raw_listed.notes") == [(4,)]
    warehouse.unlink()
    vendor.load()
    assert vendor.ask("select count(*) from raw_listed.notes") == [(4,)]


def test_a_listing_that_shrank_too_far_is_refused_and_says_so(vendor: Vendor) -> None:
    vendor.rows = {"plans": [row(key) for key in range(10)], "notes": [row(1)]}
    vendor.load()
    vendor.rows = {"plans": [row(key) for key in range(7)], "notes": [row(1), row(2, 2)]}
    with pytest.raises(ShrunkListingError, match=r"plans came with 7 good rows.* where 10 stand"):
        vendor.load()
    assert vendor.ask("select count(*) from raw_listed.plans") == [(10,)]
    assert vendor.ask("select count(*) from raw_listed.notes") == [(2,)]
    vendor.shrink_limit = 0
    vendor.load()
    assert vendor.ask("select count(*) from raw_listed.plans") == [(7,)]


def test_a_listing_that_proved_itself_whole_may_shrink_but_not_by_rows_that_cannot_be_told(
    vendor: Vendor,
) -> None:
    vendor.proven = ("firms",)
    vendor.rows = {"firms": [row(key, tags=[]) for key in range(10)]}
    vendor.load()
    standing = "select count(*) from raw_listed.firms where _dlt_valid_to is null"
    spoilt = row(4, size="many")
    vendor.rows = {"firms": [*map(row, range(4)), spoilt, *({"name": key} for key in range(5, 10))]}
    with pytest.raises(ShrunkListingError, match=r"firms came with 4 good rows \(6 were rejected\)"):
        vendor.load()
    assert vendor.ask(standing) == [(10,)]
    vendor.rows = {"firms": [*map(row, range(4)), spoilt]}
    vendor.load()
    assert vendor.ask(standing) == [(5,)]


def test_what_stands_of_a_row_that_came_spoilt_in_a_whole_listing_stays(vendor: Vendor) -> None:
    good = [row(key, tags=["a"]) for key in range(5)]
    vendor.rows = {"firms": good, "plans": good}
    vendor.load()
    standing = "select id, name, tags from raw_listed.firms where _dlt_valid_to is null order by id"
    before, plans = vendor.ask(standing), vendor.ask("select id, size from raw_listed.plans order by id")
    spoilt = [row(0, size="many", tags=[]), row(1, size=-1), *good[2:], row(5, size="new"), {"name": "who"}]
    vendor.rows = {"firms": spoilt, "plans": spoilt}
    for quarantined in (4, 4):
        loads = vendor.load()
        assert {loads[table].rows_quarantined for table in ("firms", "plans")} == {quarantined}
        assert vendor.ask(standing) == before
        assert vendor.ask("select count(*) from raw_listed.firms") == [(5,)], "no version was closed"
        assert vendor.ask("select id, size from raw_listed.plans order by id") == plans
    vendor.rows = {"firms": [row(0, name="mended", tags=["a"]), *good[2:]], "plans": good[1:]}
    vendor.load()
    assert [name for _, name, _ in vendor.ask(standing)] == ["mended", "n2", "n3", "n4"]
    assert vendor.ask("select count(*) from raw_listed.plans") == [(4,)], "one that is gone is gone"


def test_with_no_limit_an_empty_listing_empties_what_stands(vendor: Vendor) -> None:
    vendor.rows = {"firms": [row(1), row(2)], "plans": [row(1), row(2)]}
    vendor.load()
    vendor.rows = {}
    with pytest.raises(LoadIncompleteError, match="set shrink_limit to 0 for one load"):
        vendor.load()
    vendor.shrink_limit = 0
    vendor.load()
    assert vendor.ask("select count(*) from raw_listed.plans") == [(0,)]
    assert vendor.ask("select count(*), count(_dlt_valid_to) from raw_listed.firms") == [(2, 2)]
    vendor.shrink_limit = 0.8
    vendor.load()
    vendor.rows = {"firms": [row(1)], "plans": [row(1)]}
    vendor.load()
    assert vendor.ask("select count(*), count(_dlt_valid_to) from raw_listed.firms") == [(3, 2)]
    assert vendor.ask("select count(*) from raw_listed.plans") == [(1,)]


def test_what_several_streams_give_to_one_table_is_all_counted(vendor: Vendor) -> None:
    vendor.rows = {"notes": [row(1), row(2)]}
    whole, again = vendor.connector, ApiSettings(base_url="https://listed.example")
    first = whole.streams(again)[0]
    second = replace(first, name="more", read=lambda reading: iter([Page({"notes": [row(3), {}]}, 1)]))
    connector = replace(whole, streams=lambda settings: [first, second])
    places = Places(vendor.folder / "dlt", vendor.folder / "quarantine")
    warehouse = vendor.folder / "warehouse.duckdb"
    (notes, *_) = connector.load(warehouse, again, places=places, now=NOW, tell=vendor.told.append)
    assert (notes.rows_in, notes.rows_loaded, notes.rows_quarantined) == (4, 3, 1)
    assert vendor.ask("select count(*) from raw_listed.notes") == [(3,)]


def test_what_fails_in_one_stream_keeps_no_other_from_loading(vendor: Vendor) -> None:
    vendor.rows = {
        "notes": [row(key) for key in range(6)],
        "deals": [row(1)],
        "plans": [row(1), row(2), row(3)],
    }
    vendor.trouble = {"notes": (2, GaveUpError("gone")), "plans": (1, PermissionMissingError("no scope"))}
    with pytest.raises(LoadIncompleteError, match=r"2 streams.*notes: gone; plans: no scope"):
        vendor.load()
    assert vendor.ask("select count(*) from raw_listed.notes") == [(4,)]
    assert vendor.ask("select count(*) from raw_listed.deals") == [(1,)]
    assert vendor.ask(LOGGED) == [("deals", 1, 1, 0, 0), ("notes", 4, 4, 0, 0)]
    found = "select table_name from duckdb_tables() where schema_name = 'raw_listed' and table_name[1] <> '_'"
    assert sorted(vendor.ask(found)) == [("deals",), ("notes",)]
    vendor.trouble = {"notes": (0, KeyError("after_cursor"))}
    with pytest.raises(UnexpectedAnswerError, match=r"KeyError in listed\.py, line"):
        vendor.load()
    vendor.trouble = {"notes": (0, CredentialsRefusedError("wrong"))}
    pages = vendor.pages_read
    with pytest.raises(CredentialsRefusedError):
        vendor.load()
    assert vendor.pages_read == pages + 1, "nothing else was asked"


def test_what_is_not_shown_any_more_counts_as_not_read_and_stays(vendor: Vendor) -> None:
    """A permission that was taken away fails no load, but its tables must grow stale."""
    vendor.rows = {"deals": [row(1)], "plans": [row(1), row(2)]}
    vendor.load()
    shown = vendor.connector

    def hidden(reading: Reading) -> Iterator[Page]:
        reading.leave_out("the user may not see them")
        yield from ()

    streams = [
        replace(each, read=hidden) if each.name in ("deals", "plans") else each
        for each in shown.streams(ApiSettings(base_url="https://listed.example"))
    ]
    connector = replace(shown, streams=lambda settings: streams)
    looked = "select table_name, count(*) from raw_tierline.loads group by 1 order by 1"
    before = dict(vendor.ask(looked))
    connector.load(
        vendor.folder / "warehouse.duckdb",
        ApiSettings(base_url="https://listed.example"),
        places=Places(vendor.folder / "dlt", vendor.folder / "quarantine"),
        now=NOW,
        tell=vendor.told.append,
    )
    added = {table: count - before[table] for table, count in vendor.ask(looked)}
    assert added == {"deals": 0, "firms": 1, "notes": 1, "plans": 0}
    assert vendor.told.count("the user may not see them") == 2
    assert vendor.ask("select count(*) from raw_listed.plans") == [(2,)]
    vendor.load()
    assert dict(vendor.ask(looked)) == {table: before[table] + added[table] + 1 for table in before}


def test_a_vendor_that_never_moves_on_is_left(vendor: Vendor) -> None:
    vendor.rows = {"notes": [row(1)]}
    vendor.circling = True
    with pytest.raises(GaveUpError, match="same cursor"):
        vendor.load()
    assert vendor.ask("select count(*) from raw_listed.notes") == [(1,)]


def test_a_dlt_source_stands_for_itself_and_nothing_is_written_elsewhere(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(elsewhere))
    vendor.rows = {"notes": [row(1)]}
    vendor.load()
    assert not list(elsewhere.iterdir())
    assert {each.name for each in vendor.folder.iterdir()} == {"warehouse.duckdb", "dlt"}
    vendor.trouble = {"notes": (0, ApiError("as it is"))}
    source = vendor.connector.source(ApiSettings(base_url="https://listed.example"))
    with pytest.raises(Exception, match="as it is"):
        list(source)
