"""Pendo: the local server, and answers as no server should send them."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from answers import Asked, Said, answering
from conftest import Serve
from warehouses import Warehouse

from assets.sources.api import CredentialsRefusedError
from assets.sources.bulk.pendo_tables import FIELDS
from assets.sources.pendo import CONNECTOR, Settings
from assets.sources.settings import ConnectorSettingsError, read_settings
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer

FROM = date(2026, 10, 14)
FIVETRAN = Path(__file__).parents[3] / "../shared/data/fivetran_seeds/pendo"
QUICK: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 1.0}


def settings_at(url: str, **given: Any) -> Settings:
    usual: dict[str, Any] = {"integration_key": "simulated-pendo", "start_on": FROM}
    return Settings(base_url=url, **{**usual, **QUICK, **given})


def uses(server: VendorServer) -> int:
    """What was done since the first day asked for, by quantity."""
    view = server.view
    days = (view.today - timedelta(days=n) for n in range((view.today - FROM).days + 1))
    return sum(int(view.usage(day)["quantity"].sum()) for day in days)


def test_a_load_holds_what_pendo_holds_and_the_next_only_the_late_days(
    serve: Serve, warehouse: Warehouse
) -> None:
    server = serve()
    settings = settings_at(server.url_of("pendo"))
    server.set_faults(
        Fault(vendor="pendo", path="/api/v1/aggregation", kind=kind, skip=2 * n, times=1, retry_after=0)
        for n, kind in enumerate(("rate_limit", "server_error", "truncated_body"))
    )
    warehouse.load(CONNECTOR, settings)
    held = "select cast(sum(num_events) as bigint) from raw_pendo.events where not _is_duplicate"
    assert warehouse.rows(held) == [(uses(server),)]
    for table, rows in (("accounts", "accounts"), ("visitors", "users")):
        assert warehouse.rows(f"select count(*) from raw_pendo.{table}") == [(len(server.view.rows(rows)),)]
    assert warehouse.rows("select type from raw_pendo.polls order by 1") == [("FreeForm",), ("NPSRating",)]
    asked = len(server.journal.requests("pendo"))
    assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert len(server.journal.requests("pendo")) - asked < 20
    server.advance()
    warehouse.a_day_later()
    warehouse.load(CONNECTOR, settings)
    assert warehouse.changed_days("pendo") == {server.view.today}
    assert warehouse.rows(held) == [(uses(server),)]


def test_a_day_is_the_subscription_s_day_and_a_bad_row_is_set_aside(warehouse: Warehouse) -> None:
    begin = int(datetime(2025, 12, 31, 15, tzinfo=UTC).timestamp()) * 1000  # midnight in Tokyo
    rows = [
        {
            "visitorId": "u1",
            "accountId": "a1",
            "featureId": "f1",
            "day": begin,
            "numEvents": 3,
            "numMinutes": 1,
        },
        {
            "visitorId": "u1",
            "accountId": "a1",
            "featureId": "f1",
            "day": begin,
            "numEvents": 3,
            "numMinutes": 1,
        },
        {"visitorId": "u1", "accountId": "a1", "featureId": "f1", "day": begin, "numEvents": "three"},
        {"visitorId": None, "featureId": "f1", "day": begin, "numEvents": 1},
        "no object",
    ]

    def answer(asked: Asked) -> Said:
        if asked["path"] != "/api/v1/aggregation":
            return Said(b"[]")
        (step,) = json.loads(asked["body"])["request"]["pipeline"]
        first = step["source"].get("timeSeries", {}).get("first")
        has_rows = "featureEvents" in step["source"] and first == begin
        return Said(json.dumps({"results": rows if has_rows else None}).encode())

    warehouse.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with answering(answer) as vendor:
        settings = settings_at(vendor.url, start_on=date(2026, 1, 1), timezone="Asia/Tokyo", drift_limit=1)
        loaded = warehouse.load(CONNECTOR, settings)
        changed = warehouse.changed_days("pendo")
        rows.reverse()
        assert warehouse.load(CONNECTOR, settings).rows_in == 0
    assert (loaded.rows_loaded, loaded.rows_duplicate, loaded.rows_quarantined) == (2, 0, 3)
    assert changed == {date(2026, 1, 1)}
    assert warehouse.rows("select reason from raw_pendo._quarantine_events order by line") == [
        ("num_events 'three' is not a number",),
        ("visitor_id is missing",),
        ("the line is not a JSON object",),
    ]


def test_a_wrong_key_is_named_and_not_shown(serve: Serve, warehouse: Warehouse) -> None:
    url = serve().url_of("pendo")
    with pytest.raises(CredentialsRefusedError) as refused:
        warehouse.load(CONNECTOR, settings_at(url, integration_key="not-the-key"))
    assert "TIERLINE_PENDO_INTEGRATION_KEY" in str(refused.value)
    assert "not-the-key" not in str(refused.value)
    assert all(each.is_fine for each in CONNECTOR.check(settings_at(url)))
    sampled = dict(CONNECTOR.sample(settings_at(url), ("events", "polls"), 2, now=warehouse.now, tell=print))
    assert [len(rows) for rows in sampled.values()] == [2, 2]


def _exported(name: str) -> list[dict[str, str]]:
    if not FIVETRAN.exists():
        pytest.skip("the recorded rows (../shared/data/fivetran_seeds/pendo) are not beside the repository")
    with (FIVETRAN / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _below(row: dict[str, str], group: str) -> dict[str, str]:
    """`agent_name` as `name` of the group `agent`."""
    return {
        name.removeprefix(f"{group}_"): v for name, v in row.items() if name.startswith(f"{group}_") and v
    }


def test_an_accounts_settings_are_read_from_a_list_or_text(warehouse: Warehouse) -> None:
    given = {"a1": ["sso", "scim"], "a2": "sso", "a3": None}
    accounts = [
        {"accountId": key, "metadata": {"agent": {"set_up": value, "salesforceaccountid": f"001{key}"}}}
        for key, value in given.items()
    ]

    def answer(asked: Asked) -> Said:
        if asked["path"] != "/api/v1/aggregation":
            return Said(b"[]")
        (step,) = json.loads(asked["body"])["request"]["pipeline"]
        return Said(json.dumps({"results": accounts if "accounts" in step["source"] else None}).encode())

    warehouse.now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with answering(answer) as vendor:
        fields = {"configuration": "agent.set_up"}
        warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date(2026, 1, 1), account_fields=fields))
    found = "select account_id, configuration, salesforce_id from raw_pendo.accounts order by 1"
    assert warehouse.rows(found) == [
        ("a1", "sso;scim", "001a1"),
        ("a2", "sso", "001a2"),
        ("a3", None, "001a3"),
    ]


def test_an_empty_place_leaves_a_column_out_and_a_column_that_is_none_is_refused() -> None:
    environment = {
        "TIERLINE_PENDO_INTEGRATION_KEY": "key",
        "TIERLINE_PENDO_ACCOUNT_FIELDS": '{"domain": "agent.website", "plan": ""}',
    }
    chosen = read_settings("pendo", Settings, environment).fields
    there = {name: place for name, place in FIELDS["accounts"].items() if name != "plan"}
    assert chosen == {**FIELDS, "accounts": {**there, "domain": "agent.website"}}
    environment["TIERLINE_PENDO_VISITOR_FIELDS"] = '{"e_mail": "agent.mail"}'
    said = (
        r"^TIERLINE_PENDO_VISITOR_FIELDS: .*visitors\.e_mail is no column .*account_id, email, name, role \("
    )
    with pytest.raises(ConnectorSettingsError, match=said):
        read_settings("pendo", Settings, environment)


def test_records_of_a_real_subscription_go_through(warehouse: Warehouse) -> None:
    """Ids that are words, addresses of two families, answers `45` and `02`, browsers of all kinds."""
    uses, answers = _exported("feature_event"), _exported("poll_event")
    said: dict[str, list[dict[str, Any]]] = {
        "accounts": [
            {"accountId": row["id"], "metadata": {"agent": _below(row, "agent")}}
            for row in _exported("account_history")
        ],
        "visitors": [
            {
                "visitorId": row["id"],
                "metadata": {"agent": _below(row, "agent"), "auto": {"accountid": row["account_id"]}},
            }
            for row in _exported("visitor_history")
        ],
        "featureEvents": [
            {
                "visitorId": row["visitor_id"],
                "accountId": row["account_id"],
                "featureId": row["feature_id"],
                "day": _milliseconds(row["timestamp"][:10]),
                "numEvents": int(row["num_events"]),
                "numMinutes": int(row["num_minutes"]),
                "userAgent": row["user_agent"],
            }
            for row in uses
        ],
        "pollEvents": [
            {
                "visitorId": row["visitor_id"],
                "accountId": row["account_id"],
                "pollId": row["poll_id"],
                "browserTime": _milliseconds(row["timestamp"]),
                "pollResponse": row["poll_response"],
            }
            for row in answers
        ],
    }

    def answer(asked: Asked) -> Said:
        if asked["path"] != "/api/v1/aggregation":
            return Said(b"[]")
        (step,) = json.loads(asked["body"])["request"]["pipeline"]
        source = next(name for name in step["source"] if name != "timeSeries")
        rows, span = said.get(source, []), step["source"].get("timeSeries")
        if span:
            end = span["first"] + span["count"] * 86_400_000
            rows = [r for r in rows if span["first"] <= r.get("day", r.get("browserTime")) < end]
        return Said(json.dumps({"results": rows}).encode())

    days = sorted(row["timestamp"][:10] for row in (*uses, *answers))
    warehouse.now = datetime.fromisoformat(days[-1]).replace(tzinfo=UTC) + timedelta(days=3)
    with answering(answer) as vendor:
        loaded = warehouse.load(CONNECTOR, settings_at(vendor.url, start_on=date.fromisoformat(days[0])))
    assert loaded.rows_quarantined == 0
    held = "select cast(sum(num_events) as bigint) from raw_pendo.events"
    assert warehouse.rows(held) == [(sum(int(row["num_events"]) for row in uses),)]
    for table, source in (("accounts", "accounts"), ("visitors", "visitors"), ("poll_events", "pollEvents")):
        assert warehouse.rows(f"select count(*) from raw_pendo.{table}") == [(len(said[source]),)], table
    told = "select visitor_id, poll_response from raw_pendo.poll_events order by 1"
    assert warehouse.rows(told) == sorted((row["visitor_id"], row["poll_response"]) for row in answers)
    assert warehouse.rows("select count(*) from raw_pendo.visitors where email is null") == [(0,)]
