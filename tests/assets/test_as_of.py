"""The last day scored is one the data covers whole."""

from datetime import UTC, date, datetime

import duckdb
import pytest

from assets.as_of import last_complete_day

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def _loaded(*events: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema raw_drop_folder")
    for table, column in (
        ("usage_events", "occurred_at"),
        ("tickets", "created_at"),
        ("survey_responses", "submitted_at"),
        ("csm_activities", "started_at"),
    ):
        connection.execute(
            f"create table raw_drop_folder.{table} ({column} timestamp, _is_duplicate boolean)"
        )
    for number, event in enumerate(events):
        table = "tickets" if number % 2 else "usage_events"
        connection.execute(f"insert into raw_drop_folder.{table} values (?, false)", [event])
    return connection


@pytest.mark.parametrize(
    ("events", "day"),
    [
        (["2025-12-30 10:00", "2025-12-31 00:00"], date(2025, 12, 31)),
        (["2025-12-31 00:00", "2025-12-31 09:30"], date(2025, 12, 30)),
        (["2025-12-31 09:30", "2025-12-31 23:00"], date(2025, 12, 31)),
        (["2025-12-31 22:59:59"], date(2025, 12, 30)),
        ([], date(2026, 3, 9)),
    ],
    ids=["dates only", "ends in the morning", "reaches the last hour", "just short of it", "no events"],
)
def test_the_last_day_is_the_last_one_the_events_cover_whole(events: list[str], day: date) -> None:
    assert last_complete_day(_loaded(*events), now=NOW) == day


def test_an_event_dated_in_the_future_does_not_move_the_day() -> None:
    assert last_complete_day(_loaded("2026-02-01 00:00", "2031-01-01 00:00"), now=NOW) == date(2026, 2, 1)


def test_today_is_never_complete() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    assert last_complete_day(_loaded("2026-03-10 23:10"), now=late) == date(2026, 3, 9)
