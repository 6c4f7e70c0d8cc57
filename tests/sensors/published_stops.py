"""Stops and working hours beside the decisions of a snapshot, as the models publish them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb


def write_stops(
    snapshot: Path,
    stops: Sequence[tuple[str, str, str, str | None, str]] = (),
    windows: Sequence[tuple[str, datetime, datetime]] = (),
    on_news: Mapping[str, str] | None = None,
) -> Path:
    """`stops`: action, guard, effect, recipient, words; `windows`: account, opening and closing in UTC.
    `on_news`: per guard, which news of the address makes it hold."""
    with duckdb.connect(str(snapshot)) as connection:
        connection.execute("create schema if not exists actions")
        connection.execute(
            "create or replace table actions.fct_delivery_stops (action_id varchar, account_id varchar,"
            " guard_id varchar, effect varchar, recipient varchar, words varchar, priority integer,"
            " on_news varchar)"
        )
        connection.execute(
            "create or replace table actions.fct_sending_windows"
            " (account_id varchar, opens_at timestamp, closes_at timestamp)"
        )
        for priority, (action_id, guard_id, effect, recipient, words) in enumerate(stops):
            row = [
                action_id,
                "acc-1",
                guard_id,
                effect,
                recipient,
                words,
                priority,
                (on_news or {}).get(guard_id),
            ]
            connection.execute("insert into actions.fct_delivery_stops values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for account_id, opens_at, closes_at in windows:
            connection.execute(
                "insert into actions.fct_sending_windows values (?, ?, ?)",
                [account_id, opens_at.replace(tzinfo=None), closes_at.replace(tzinfo=None)],
            )
    return snapshot
