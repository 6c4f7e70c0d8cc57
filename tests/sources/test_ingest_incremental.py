"""A load costs what has changed, replaces just that, and says which accounts and days it touched."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from drops import NOW, Drop

from assets.sources.drop.contract import TABLES

HEADER = "event_id,occurred_at,account_id,event\n"


def events(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def standing(drop: Drop) -> list[tuple[str, str, str]]:
    return drop.rows(
        "select event_id, event, _file from raw_drop_folder.usage_events where not _is_duplicate order by 1"
    )


def test_every_contract_table_exists_from_the_first_load_on(drop: Drop) -> None:
    loads = drop.load()
    assert set(loads) == set(TABLES)
    for table in loads:
        drop.rows(f"select extra, _file, _line, _load_id, _is_duplicate from raw_drop_folder.{table}")


def test_an_unchanged_file_is_not_read_again(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop.write("usage_events.csv", events("e1,2026-01-01,A1,x"))
    drop.load()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an unchanged file was opened")

    with monkeypatch.context() as patched:
        patched.setattr("assets.sources.drop.lines.batches", refuse)
        patched.setattr("assets.sources.drop.files.sha256", refuse)
        patched.setattr("assets.sources.drop.table_loading.sha256", refuse)
        load = drop.load()["usage_events"]
    assert (load.files_read, load.files_unchanged, load.rows_loaded) == (0, 1, 1)
    assert drop.changes("usage_events") == set()

    # A new time on the same content costs a hash, once.
    os.utime(path, ns=(1, 1))
    with monkeypatch.context() as patched:
        patched.setattr("assets.sources.drop.lines.batches", refuse)
        assert drop.load()["usage_events"].files_read == 0
        patched.setattr("assets.sources.drop.table_loading.sha256", refuse)
        assert drop.load()["usage_events"].files_read == 0


def test_a_look_at_a_file_makes_it_no_younger_and_writing_it_again_does(drop: Drop) -> None:
    path = drop.write("usage_events.csv", content := events("e1,2026-01-01,A1,x"))
    written = "select modified_ns from raw_tierline.files where table_name = 'usage_events'"
    os.utime(path, ns=(1, 5))
    for _ in range(2):
        drop.load()
        assert drop.rows(written) == [(5,)]
    # Read again for another reason: whose row it is has changed.
    drop.write("accounts.csv", "account_id,name\nA2,Beta\n")
    assert drop.load()["usage_events"].files_read == 1
    assert drop.rows(written) == [(5,)]
    path.write_text(content)
    os.utime(path, ns=(1, 9))
    drop.load()
    assert drop.rows(written) == [(9,)]


def test_a_changed_file_replaces_its_own_rows_and_no_others(drop: Drop) -> None:
    drop.write("usage_events/1.csv", events("e1,2026-01-01,A1,x", "e2,2026-01-02,A1,x", "e3,2026-01-03,A2,x"))
    drop.write("usage_events/2.csv", events("e4,2026-01-04,A1,x"))
    drop.load()
    assert drop.changes("usage_events") == {
        ("A1", "2026-01-01"),
        ("A1", "2026-01-02"),
        ("A2", "2026-01-03"),
        ("A1", "2026-01-04"),
    }
    drop.write("usage_events/1.csv", events("e3,2026-01-03,A2,x", "e1,2026-01-01,A1,y", "e5,2026-01-09,A1,x"))
    load = drop.load()["usage_events"]

    assert drop.files_read == ["usage_events/1.csv"]
    assert (load.files_read, load.files_unchanged, load.rows_in) == (1, 1, 4)
    assert [row[:2] for row in standing(drop)] == [("e1", "y"), ("e3", "x"), ("e4", "x"), ("e5", "x")]
    # e1 differs, e2 is gone, e5 is new; e3 only stands on another line.
    assert drop.changes("usage_events") == {("A1", "2026-01-01"), ("A1", "2026-01-02"), ("A1", "2026-01-09")}


def test_the_same_rows_exported_again_change_nothing(drop: Drop) -> None:
    drop.write("usage_events.csv", events("e1,2026-01-01,A1,x", "e2,2026-01-02,A1,x"))
    drop.load()
    drop.write("usage_events.csv", events("e2,2026-01-02T00:00:00Z,A1,x", "e1,2026-01-01,A1,x"))
    drop.write("accounts.csv", "name,account_id,domain\nBeta,A2,beta.io\nAcme,A1,acme.com\n")
    loads = drop.load()
    assert loads["usage_events"].files_read == loads["accounts"].files_read == 1
    assert drop.rows("select count(*) from raw_tierline.changes where load_id = 2") == [(0,)]


def test_an_entity_that_changed_is_named_without_a_day(drop: Drop) -> None:
    drop.load()
    drop.write("accounts.csv", "account_id,name,domain\nA1,Acme,acme.com\nA2,Better,beta.io\n")
    drop.load()
    assert drop.changes("accounts") == {("A2", None)}


def test_a_file_that_is_gone_keeps_its_rows_and_it_is_said(drop: Drop) -> None:
    drop.write("usage_events/1.csv", events("e1,2026-01-01,A1,x"))
    drop.load()
    (drop.folder / "usage_events/1.csv").unlink()
    load = drop.load()["usage_events"]
    assert (load.files_read, load.files_unchanged, load.rows_loaded) == (0, 0, 1)
    assert "usage_events/1.csv: no longer in the folder; the rows it gave usage_events stay" in drop.messages


def test_of_one_key_the_last_file_and_line_counts_and_earlier_versions_resurface(drop: Drop) -> None:
    drop.write("usage_events/1.csv", events("e1,2026-01-01,A1,first", "e1,2026-01-01,A1,second"))
    drop.write("usage_events/3.csv", events("e1,2026-01-01,A1,third"))
    loads = drop.load()
    assert standing(drop) == [("e1", "third", "usage_events/3.csv")]
    assert (loads["usage_events"].rows_loaded, loads["usage_events"].rows_duplicate) == (1, 2)

    # A late file that sorts before counts for nothing new.
    drop.write("usage_events/2.csv", events("e1,2026-01-01,A1,late"))
    drop.load()
    assert standing(drop) == [("e1", "third", "usage_events/3.csv")]
    assert drop.changes("usage_events") == set()

    drop.write("usage_events/3.csv", events("e9,2026-01-05,A1,other"))
    drop.load()
    assert standing(drop) == [("e1", "late", "usage_events/2.csv"), ("e9", "other", "usage_events/3.csv")]
    assert drop.changes("usage_events") == {("A1", "2026-01-01"), ("A1", "2026-01-05")}

    drop.write("usage_events/2.csv", events())
    drop.load()
    assert standing(drop)[0] == ("e1", "second", "usage_events/1.csv")
    counts = drop.rows(
        "select file, rows_in, rows_loaded, rows_duplicate from raw_tierline.files"
        " where table_name = 'usage_events' order by file"
    )
    assert counts == [
        ("usage_events/1.csv", 2, 1, 1),
        ("usage_events/2.csv", 0, 0, 0),
        ("usage_events/3.csv", 1, 1, 0),
    ]


def test_a_feature_may_be_listed_once_per_plan(drop: Drop) -> None:
    drop.write("features.csv", "feature,plan\nf1,Basic\nf1,Pro\nf1,\nf1,Pro\n")
    load = drop.load()["features"]
    assert (load.rows_loaded, load.rows_duplicate) == (3, 1)


def test_a_mapping_takes_the_place_of_the_files_it_reads(drop: Drop) -> None:
    drop.write("users.csv", "user_id,account_id\nu1,A1\nu2,A1\n")
    drop.load()
    drop.write("users.sql", "select 'M-' || user_id as user_id, account_id from 'users.csv'")
    load = drop.load()["users"]
    assert (load.files_read, load.rows_in) == (1, 2)
    assert drop.rows("select user_id, _file, _line from raw_drop_folder.users order by 1") == [
        ("M-u1", "users.sql", 1),
        ("M-u2", "users.sql", 2),
    ]
    assert drop.load()["users"].files_read == 0
    drop.write("users.csv", "user_id,account_id\nu3,A1\n")
    assert drop.load()["users"].rows_in == 1


def test_declaring_other_formats_reads_the_files_again(drop: Drop) -> None:
    drop.write("usage_events.csv", events("e1,03.02.2026,A1,x"))
    assert drop.load()["usage_events"].rows_quarantined == 1
    drop.write("formats.toml", '[usage_events]\noccurred_at = "%d.%m.%Y"\n')
    assert drop.load()["usage_events"].rows_loaded == 1


def test_the_load_log_tells_what_each_load_read(drop: Drop) -> None:
    drop.write("usage_events/1.csv", events("e1,2026-01-01,A1,x", "e2,2026-01-01,A9,x"))
    drop.load()
    drop.write("usage_events/2.csv", events("e3,2026-01-01,A1,x"))
    drop.load()
    drop.load()
    assert drop.rows(
        "select load_id, files_read, files_unchanged, rows_in, rows_loaded, rows_quarantined"
        " from raw_tierline.loads"
        " where table_name = 'usage_events' order by 1"
    ) == [(1, 1, 0, 2, 1, 1), (2, 1, 1, 1, 1, 0), (3, 0, 2, 0, 0, 0)]


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from assets.sources import drop_folder

warehouse, folder, quarantine = map(Path, sys.argv[1:])
connection = duckdb.connect(str(warehouse))
sys.stdout.write("ready\\n")
sys.stdout.flush()
drop_folder.load(connection, folder, quarantine=quarantine, now=datetime(2026, 3, 1, tzinfo=UTC))
"""


def counts(warehouse: Path) -> tuple[int, int, int]:
    with duckdb.connect(str(warehouse)) as connection:
        return connection.execute(
            "select (select count(*) from raw_drop_folder.usage_events),"
            " (select max(load_id) from raw_tierline.loads),"
            " (select sum(rows_in) from raw_tierline.files where table_name = 'usage_events')"
        ).fetchall()[0]


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_killed_at_any_moment_the_warehouse_holds_the_old_state_or_the_new(
    drop: Drop, tmp_path: Path, share: float
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    drop.write("usage_events/0.csv", events("e0,2026-01-01,A1,x"))
    command = [sys.executable, "-c", KILLED, str(warehouse), str(drop.folder), str(drop.quarantine)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(command, check=True, env=environment, capture_output=True)
    assert counts(warehouse) == (1, 1, 1)
    rows = 60_000
    drop.write("usage_events/1.csv", events(*(f"n{number},2026-01-02,A1,x" for number in range(rows))))
    copy = tmp_path / "timed.duckdb"
    copy.write_bytes(warehouse.read_bytes())
    started = time.monotonic()
    with duckdb.connect(str(copy)) as connection:
        Drop(drop.folder, tmp_path / "timed", connection).load(NOW)
    whole = time.monotonic() - started

    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(whole * share)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    assert counts(warehouse) in {(1, 1, 1), (rows + 1, 2, rows + 1)}
    subprocess.run(command, check=True, env=environment, capture_output=True)
    assert counts(warehouse)[::2] == (rows + 1, rows + 1)
    assert not (drop.quarantine / "drop_folder" / ".working").exists()
