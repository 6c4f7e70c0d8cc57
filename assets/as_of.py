"""Which day is scored last when nobody says: yesterday, or the last complete day in files."""

from datetime import UTC, date, datetime, time, timedelta

import duckdb

# Days before it can't be scored; no system Tierline reads is older.
FIRST_DAY = date(2000, 1, 1)
# Where time passes in the data; other tables state facts about the past or the future.
_EVENT_TIMES = {
    "usage_events": "occurred_at",
    "tickets": "created_at",
    "survey_responses": "submitted_at",
    "csm_activities": "started_at",
}
# A feed that reaches into a day's last hour has told that day's whole story.
_LAST_HOUR = time(23)


def yesterday(now: datetime) -> date:
    """The last day that is over everywhere days are counted: in UTC."""
    return now.astimezone(UTC).date() - timedelta(days=1)


def last_complete_day(connection: duckdb.DuckDBPyConnection, *, now: datetime) -> date:
    """The last day the loaded events cover whole; yesterday when no event is loaded.

    A day whose events all carry midnight comes from a feed of dates, so it is complete as it stands.
    Events dated after `now` say nothing, and today is never complete.
    """
    latest_possible = yesterday(now)
    events = " union all ".join(
        f"select {column} as happened_at from raw_drop_folder.{table} where not _is_duplicate"
        for table, column in _EVENT_TIMES.items()
    )
    row = connection.execute(
        f"""
        with events as ({events}),
        latest as (select max(happened_at) as latest_at from events where happened_at <= ?)
        select latest.latest_at, bool_and(events.happened_at = date_trunc('day', events.happened_at))
        from events, latest
        where events.happened_at between date_trunc('day', latest.latest_at) and latest.latest_at
        group by all
        """,
        [now.astimezone(UTC).replace(tzinfo=None)],
    ).fetchone()
    if row is None:
        return latest_possible
    latest_at: datetime = row[0]
    is_date_grained: bool = row[1]
    is_complete = is_date_grained or latest_at.time() >= _LAST_HOUR
    day = latest_at.date() if is_complete else latest_at.date() - timedelta(days=1)
    return min(day, latest_possible)
