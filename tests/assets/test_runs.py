"""The pipeline's record of its runs."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from assets.runs import EarlierDayError, NoOpenRunError, complete_run, last_scored_day, open_run

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY, NEXT = date(2026, 3, 8), date(2026, 3, 9)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def test_a_run_that_never_completed_leaves_the_day_to_the_next_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    killed = open_run(connection, as_of=DAY, now=NOW)
    assert last_scored_day(connection) is None
    again = open_run(connection, as_of=DAY, now=NOW)
    assert again.run_id > killed.run_id
    complete_run(connection, as_of=DAY, now=NOW)
    rows = connection.execute(
        "select run_id, completed_at is null from raw_tierline.runs order by 1"
    ).fetchall()
    assert rows == [(killed.run_id, True), (again.run_id, False)]
    assert last_scored_day(connection) == DAY


def test_a_run_sees_the_loads_there_were_when_it_began(connection: duckdb.DuckDBPyConnection) -> None:
    assert open_run(connection, as_of=DAY, now=NOW).through_load is None
    connection.execute("create table raw_tierline.loads as select unnest([3, 4]) as load_id")
    assert open_run(connection, as_of=DAY, now=NOW).through_load == 4


def test_a_run_is_completed_once_and_only_for_its_own_day(connection: duckdb.DuckDBPyConnection) -> None:
    open_run(connection, as_of=DAY, now=NOW)
    with pytest.raises(NoOpenRunError):
        complete_run(connection, as_of=NEXT, now=NOW)
    complete_run(connection, as_of=DAY, now=NOW)
    with pytest.raises(NoOpenRunError):
        complete_run(connection, as_of=DAY, now=NOW)


def test_a_day_before_the_last_one_scored_is_refused_with_what_to_do(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    open_run(connection, as_of=NEXT, now=NOW)
    complete_run(connection, as_of=NEXT, now=NOW)
    open_run(connection, as_of=NEXT, now=NOW)
    with pytest.raises(EarlierDayError, match="TIERLINE_HOME"):
        open_run(connection, as_of=DAY, now=NOW)


def test_a_run_notes_which_systems_it_reads(connection: duckdb.DuckDBPyConnection) -> None:
    open_run(connection, as_of=DAY, now=NOW, connected={"segment", "hubspot"})
    open_run(connection, as_of=DAY, now=NOW, connected={"segment"})
    noted = connection.execute("select run_id, system from raw_tierline.connections order by all").fetchall()
    assert noted == [(1, "hubspot"), (1, "segment"), (2, "segment")]
