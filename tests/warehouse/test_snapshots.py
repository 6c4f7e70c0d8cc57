"""Publishing: whole versions, an atomic pointer, readers that are never in the way."""

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from warehouse.home import Home
from warehouse.snapshots import (
    KEPT_VERSIONS,
    NothingPublishedError,
    current,
    open_snapshot,
    publish,
)
from warehouse.working import WarehouseBusyError, open_warehouse

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def _publish(home: Home, rows: int, *, now: datetime = NOW) -> None:
    with open_warehouse(home.warehouse) as connection:
        connection.execute("create schema if not exists marts; create schema if not exists staging")
        connection.execute("create or replace table marts.t as select range as n from range(?)", [rows])
        connection.execute("create or replace view marts.v as select n + 1 as n from marts.t")
        connection.execute("create or replace table staging.private as select 1 as n")
        publish(connection, home, as_of=DAY, now=now)


def test_a_snapshot_holds_marts_and_nothing_else(home: Home) -> None:
    _publish(home, 3)
    with open_snapshot(current(home)) as snapshot:
        tables = snapshot.execute(
            "select table_schema, table_name from information_schema.tables order by all"
        ).fetchall()
        assert tables == [("marts", "t"), ("marts", "v"), ("meta", "snapshot")]
        assert snapshot.execute("select sum(n) from marts.v").fetchone() == (6,)
        assert snapshot.execute("select as_of, published_at from meta.snapshot").fetchone() == (
            DAY,
            NOW.replace(tzinfo=None),
        )


def test_a_snapshot_can_be_read_by_older_tools(home: Home) -> None:
    """The storage version stands in the file's header."""
    _publish(home, 3)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{current(home)}' as snapshot (read_only)")
        tags = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'snapshot'"
        ).fetchone()
    assert tags is not None
    assert tags[0].startswith("v1.5.0")


def test_a_reader_of_the_old_version_neither_sees_nor_blocks_the_new_one(home: Home) -> None:
    _publish(home, 3)
    with open_snapshot(current(home)) as reader:
        _publish(home, 4, now=NOW + timedelta(days=1))
        assert reader.execute("select count(*) from marts.t").fetchone() == (3,)
        with open_snapshot(current(home)) as later:
            assert later.execute("select count(*) from marts.t").fetchone() == (4,)


def test_old_versions_are_pruned_but_never_the_one_served(home: Home) -> None:
    for number in range(KEPT_VERSIONS + 3):
        _publish(home, number, now=NOW + timedelta(minutes=number))
    versions = sorted(home.published.glob("*.duckdb"))
    assert len([path for path in versions if not path.is_symlink()]) == KEPT_VERSIONS
    assert current(home) in versions


def test_nothing_published_is_an_error_that_says_so(home: Home) -> None:
    with pytest.raises(NothingPublishedError, match="make run"):
        current(home)


PUBLISH_FOREVER = """
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from warehouse.home import Home
from warehouse.snapshots import publish
from warehouse.working import open_warehouse

home = Home(Path(sys.argv[1]))
with open_warehouse(home.warehouse) as connection:
    connection.execute("create schema if not exists marts")
    connection.execute("create or replace table marts.t as select range as n from range(200_000)")
    for number in range(10_000):
        publish(connection, home, as_of=date(2026, 11, 21), now=datetime.now(UTC) + timedelta(seconds=number))
        print(number, flush=True)
"""


@pytest.mark.parametrize("after_milliseconds", [1, 7, 19, 43])
def test_killed_while_publishing_a_whole_version_is_served(home: Home, after_milliseconds: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH_FOREVER, str(home.root)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=after_milliseconds / 1000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with open_snapshot(current(home)) as snapshot:
        assert snapshot.execute("select count(*) from marts.t").fetchone() == (200_000,)
    _publish(home, 5, now=NOW + timedelta(days=9999))
    assert not list(home.published.glob(".*unfinished*"))


def test_a_second_process_is_told_who_may_open_the_warehouse(home: Home) -> None:
    with open_warehouse(home.warehouse):
        script = (
            "import sys; from pathlib import Path; from warehouse.working import *\n"
            "try:\n"
            "    with open_warehouse(Path(sys.argv[1]), wait_seconds=0.3): pass\n"
            "except WarehouseBusyError as error: print('busy:', error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(home.warehouse)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.startswith("busy:")
    assert "published/current.duckdb" in done.stdout
    assert issubclass(WarehouseBusyError, RuntimeError)
