"""Mixpanel: the local server, and exports as no server should send them."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import Asked, Said, answering
from conftest import Serve
from warehouses import Warehouse, lived_events

from assets.sources.api import CredentialsRefusedError, GaveUpError
from assets.sources.mixpanel import CONNECTOR, Settings
from assets.sources.settings import ConnectorSettingsError, read_settings
from simulator.vendors.faults import Fault

FIVETRAN = Path(__file__).parents[3] / "../shared/data/fivetran_seeds/mixpanel/event.csv"
QUICK: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 1.0}
NEW_YEAR = 1_767_225_600  # 2026-01-01, in seconds


def settings_at(url: str, **given: Any) -> Settings:
    usual: dict[str, Any] = {"api_secret": "simulated-mixpanel", "start_on": date(2026, 8, 25)}
    return Settings(base_url=url, **{**usual, **QUICK, **given})


def event(insert_id: str | None, time: Any, **properties: Any) -> str:
    named = {} if insert_id is None else {"$insert_id": insert_id}
    return json.dumps({"event": "exported", "properties": {"time": time, **named, **properties}}) + "\n"


def test_a_load_holds_every_event_and_the_next_asks_only_for_the_late_days(
    serve: Serve, warehouse: Warehouse
) -> None:
    server = serve()
    settings = settings_at(server.url_of("mixpanel"))
    assert warehouse.load(CONNECTOR, settings).rows_loaded == lived_events(server)
    first_load = server.journal.requests("mixpanel")
    assert len(first_load) < 10  # 58 days
    assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert len(server.journal.requests("mixpanel")) - len(first_load) == 2
    server.advance()
    warehouse.a_day_later()
    warehouse.load(CONNECTOR, settings)
    assert warehouse.changed_days("mixpanel") == {server.view.today}
    assert warehouse.rows("select count(*) from raw_mixpanel.events") == [(lived_events(server),)]
    # After two weeks without a load, the days that were young then are read again.
    server.advance(10)
    for _ in range(10):
        warehouse.a_day_later()
    asked = len(server.journal.requests("mixpanel"))
    warehouse.load(CONNECTOR, settings)
    (earliest,) = server.journal.requests("mixpanel")[asked].query["from_date"]
    assert earliest == "2026-10-20"
    assert warehouse.rows("select count(*) from raw_mixpanel.events") == [(lived_events(server),)]
    assert warehouse.accounted("mixpanel")


def test_faults_of_the_network_change_nothing(serve: Serve, warehouse: Warehouse) -> None:
    server = serve()
    server.set_faults(
        Fault(vendor="mixpanel", kind=kind, skip=n, times=1, retry_after=0)
        for n, kind in enumerate(("rate_limit", "server_error", "truncated_body", "timeout_after"))
    )
    loaded = warehouse.load(CONNECTOR, settings_at(server.url_of("mixpanel")))
    assert loaded.rows_loaded == loaded.rows_in == lived_events(server)


def test_what_an_export_may_hold_is_understood_or_set_aside(warehouse: Warehouse) -> None:
    lines = [
        event("seconds", NEW_YEAR + 3600, company_id="a1", feature="reports", quantity="3"),
        event(
            "milliseconds",
            (NEW_YEAR + 86_400) * 1000 + 250,
            company_id=["a2", "a3"],
            **{"$email": "m@a.example"},
        ),
        event("text", str(NEW_YEAR), quantity="many", company_domain="acme.example"),
        event(None, NEW_YEAR + 60, distinct_id="no id"),
        event(None, NEW_YEAR + 60, distinct_id="no id"),
        event("before", NEW_YEAR - 10 * 86_400),
        event("no time", None),
        "{\n",
        event("long time", "soon"),
        event("seconds", NEW_YEAR + 3600, company_id="a1", feature="reports", quantity="3"),
    ]

    def answer(asked: Asked) -> Said:
        has_new_year = asked["from_date"] <= "2026-01-01" <= asked["to_date"]
        return Said("".join(lines).encode() if has_new_year else b"")

    warehouse.now = datetime(2026, 1, 3, tzinfo=UTC)
    with answering(answer) as vendor:
        loaded = warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date(2026, 1, 1)))
    assert (loaded.rows_in, loaded.rows_loaded, loaded.rows_duplicate, loaded.rows_quarantined) == (
        10,
        5,
        2,
        3,
    )
    assert set(warehouse.rejected("mixpanel").values()) == {
        "time is missing",
        "the line is not valid JSON",
        "time 'soon' is not a timestamp",
    }
    assert warehouse.rows(
        "select insert_id, strftime(time, '%Y-%m-%d %H:%M:%S.%g'), group_id, email, domain, quantity from raw_mixpanel.events"
        " where insert_id not like 'md5:%' and not _is_duplicate order by time"
    ) == [
        ("before", "2025-12-22 00:00:00.000", None, None, None, None),
        ("text", "2026-01-01 00:00:00.000", None, None, "acme.example", None),
        ("seconds", "2026-01-01 01:00:00.000", "a1", None, None, 3.0),
        ("milliseconds", "2026-01-02 00:00:00.250", "a2", "m@a.example", None, None),
    ]
    assert warehouse.accounted("mixpanel")


def test_a_late_event_changes_its_day_only(warehouse: Warehouse) -> None:
    days = {day: [event(f"{day}-{n}", NEW_YEAR + day * 86_400 + n) for n in range(3)] for day in range(3)}

    def answer(asked: Asked) -> Said:
        first, last = (date.fromisoformat(asked[name]).day - 1 for name in ("from_date", "to_date"))
        # Mixpanel gives no order.
        lines = [line for day in range(last, first - 1, -1) for line in days.get(day, [])]
        return Said("".join(lines).encode())

    warehouse.now = datetime(2026, 1, 4, tzinfo=UTC)
    with answering(answer) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), late_days=5)
        warehouse.load(CONNECTOR, settings)
        days[1] = [*reversed(days[1]), event("late", NEW_YEAR + 86_500)]
        days[2].reverse()
        assert warehouse.load(CONNECTOR, settings).rows_in == 4
    assert warehouse.changed_days("mixpanel") == {date(2026, 1, 2)}
    assert warehouse.rows("select count(*), count(distinct insert_id) from raw_mixpanel.events") == [(10, 10)]


@pytest.mark.parametrize("end", ["terminated early\n", '{"event": "cut o'])
def test_an_export_without_its_end_is_asked_for_again_and_never_loaded(
    warehouse: Warehouse, end: str
) -> None:
    whole = event("a", NEW_YEAR)
    with answering(lambda asked: Said((whole + end).encode(), is_length_told=False)) as vendor:
        warehouse.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), max_attempts=3)
        with pytest.raises(GaveUpError, match="could not be read 3 times"):
            warehouse.load(CONNECTOR, settings)
        assert len(vendor.asked) == 3
    assert warehouse.rows("select count(*) from raw_mixpanel.events") == [(0,)]


def test_an_old_project_counts_time_by_its_own_clock(warehouse: Warehouse) -> None:
    warehouse.now = datetime(2026, 1, 2, tzinfo=UTC)
    with answering(lambda asked: Said(event("a", NEW_YEAR).encode())) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), project_timezone="America/New_York")
        warehouse.load(CONNECTOR, settings)
    assert warehouse.rows("select hour(time), _file from raw_mixpanel.events") == [(5, "2026-01-01")]


def test_credentials_that_are_missing_or_wrong_are_named_and_not_shown(
    serve: Serve, warehouse: Warehouse
) -> None:
    with pytest.raises(ConnectorSettingsError, match="API_SECRET"):
        read_settings("mixpanel", Settings, {})
    url = serve().url_of("mixpanel")
    with pytest.raises(CredentialsRefusedError) as refused:
        warehouse.load(CONNECTOR, settings_at(url, api_secret="not-the-secret"))
    assert "TIERLINE_MIXPANEL_API_SECRET" in str(refused.value)
    assert "not-the-secret" not in str(refused.value)
    account = {"api_secret": "", "username": "us", "password": "simulated-mixpanel", "project_id": "2195193"}
    assert [each.is_fine for each in CONNECTOR.check(settings_at(url, **account))] == [True]
    sampled = dict(CONNECTOR.sample(settings_at(url), ("events",), 4, now=warehouse.now, tell=print))
    assert len(sampled["events"]) == 4


def test_events_of_another_export_go_through(warehouse: Warehouse) -> None:
    if not FIVETRAN.exists():
        pytest.skip(
            "the recorded events (../shared/data/fivetran_seeds/mixpanel) are not beside the repository"
        )
    with FIVETRAN.open() as file:
        rows = list(csv.DictReader(file))
    lines = []
    for row in rows:
        at = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC)
        properties = json.loads(row["properties"] or "{}")
        given = {"time": at.timestamp(), "distinct_id": row["distinct_id"], "$insert_id": row["insert_id"]}
        lines.append(json.dumps({"event": row["name"], "properties": properties | given}) + "\n")
    first = min(date.fromisoformat(row["time"][:10]) for row in rows)
    with answering(lambda asked: Said("".join(lines).encode() if len(vendor.asked) == 1 else b"")) as vendor:
        loaded = warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=first, days_per_request=4000))
    assert (loaded.rows_loaded, loaded.rows_quarantined) == (len(rows), 0)
    # The same insert id years apart is another event.
    assert warehouse.rows("select count(distinct insert_id) from raw_mixpanel.events") == [(3,)]
