"""Pendo as simulated: the aggregation's sources and steps hold the company's people, usage and answers."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import polars as pl
import pytest

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve

KEY = {"x-pendo-integration-key": "simulated-pendo"}
FIRST = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve()


def _asked(server: VendorServer, *pipeline: Any, status: int = 200, **headers: str) -> Any:
    body = {"response": {"mimeType": "application/json"}, "request": {"pipeline": list(pipeline)}}
    answer = httpx.post(server.url_of("pendo") + "/api/v1/aggregation", json=body, headers={**KEY, **headers})
    assert answer.status_code == status, answer.text
    return answer.json().get("results")


def _days(source: str, count: int = 50) -> dict[str, Any]:
    return {"source": {source: None, "timeSeries": {"period": "dayRange", "first": FIRST, "count": count}}}


def test_what_people_and_machines_did_adds_up_to_the_companys_usage(server: VendorServer) -> None:
    own = pl.read_ipc(server.view.folder / "usage" / "*.arrow")
    found = [
        row
        for source in ("featureEvents", "pageEvents", "trackEvents")
        for row in _asked(server, _days(source))
    ]
    assert sum(row["numEvents"] for row in found) == own["quantity"].sum()
    features = Counter[str]()
    for row in _asked(server, _days("featureEvents")):
        features[row["featureId"]] += row["numEvents"]
    personal = own.filter(
        pl.col("channel").cast(pl.String).is_in(["ui", "mobile"]), pl.col("feature").is_not_null()
    )
    expected = personal.group_by(pl.col("feature").cast(pl.String)).agg(pl.col("quantity").sum())
    assert features == {f"feature-{name}": count for name, count in expected.iter_rows()}
    listed = httpx.get(server.url_of("pendo") + "/api/v1/feature", headers=KEY).json()
    assert set(features) <= {row["id"] for row in listed}


def test_accounts_and_visitors_are_the_companys(server: VendorServer) -> None:
    accounts = _asked(server, {"source": {"accounts": None}})
    assert {row["accountId"] for row in accounts} == {
        row["account_id"] for row in server.view.rows("accounts")
    }
    steps = [
        {"identified": "visitorId"},
        {"filter": 'metadata.agent.role == "admin" && visitorId > "usr_00002"'},
        {"select": {"who": "visitorId", "of": "metadata.auto.accountid"}},
        {"sort": ["-who"]},
        {"limit": 3},
    ]
    visitors = _asked(server, {"source": {"visitors": None}}, *steps)
    admins = sorted(
        r["user_id"] for r in server.view.rows("users") if r["role"] == "admin" and r["user_id"] > "usr_00002"
    )
    assert [row["who"] for row in visitors] == admins[:-4:-1]


def test_answers_to_the_poll_are_the_companys(server: VendorServer) -> None:
    server.advance(10)
    answers = _asked(server, _days("pollEvents", 61))
    scores = sorted(row["pollResponse"] for row in answers if row["pollId"] == "poll-nps")
    assert scores == sorted(
        int(r["score"]) for r in server.view.rows("survey_responses") if r["kind"] == "nps"
    )


def test_wrong_keys_and_pipelines_are_refused(server: VendorServer) -> None:
    _asked(server, {"source": {"accounts": None}}, status=403, **{"x-pendo-integration-key": "wrong"})
    _asked(server, {"source": {"accounts": None}}, {"teleport": 1}, status=422)
    _asked(server, {"source": {"featureEvents": None}}, status=422)
    _asked(server, {"source": {"nobody": None}}, status=422)
    _asked(server, status=400)
