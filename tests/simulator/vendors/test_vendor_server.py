"""The server itself: records, limits, faults, the company living on. Shown at vendors that have what it takes."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings, SettingsError
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.test_simulated_zendesk import LOGIN, Zendesk

TICKETS = "/api/v2/incremental/tickets/cursor.json"


def test_requests_are_recorded_without_their_secrets(serve: Serve, http: httpx.Client) -> None:
    server = serve()
    token = {"Authorization": "Bearer simulated-slack"}
    form = {"channel": "#general", "text": "hello", "token": "simulated-slack"}
    http.post(server.url_of("slack") + "/api/chat.postMessage", data=form, headers=token)
    (recorded,) = server.journal.requests("slack")
    assert (recorded.method, recorded.path, recorded.status) == ("POST", "/api/chat.postMessage", 200)
    assert "text=hello" in recorded.body
    told = http.get(server.url + "/_simulator/requests", params={"vendor": "slack"}).json()
    assert told[0]["headers"]["authorization"] == "hidden"
    assert "simulated-slack" not in json.dumps(told)


def test_a_limit_answers_429_until_the_seconds_it_names_have_passed(serve: Serve) -> None:
    server = serve(limits={"zendesk": {"requests": 2, "seconds": 1}})
    with Zendesk(server) as zendesk:
        answers = [zendesk.get(TICKETS, params={"start_time": 0}) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert answers[0].headers["x-rate-limit-remaining"] == "1"
        assert answers[2].json()["error"] == "APIRateLimitExceeded"
        time.sleep(int(answers[2].headers["retry-after"]))
        assert zendesk.get(TICKETS, params={"start_time": 0}).status_code == 200


def test_the_documented_limit_holds_unless_another_is_set(serve: Serve) -> None:
    server = serve(limits={})
    with Zendesk(server) as zendesk:
        exports = [zendesk.get(TICKETS, params={"start_time": 0}).status_code for _ in range(11)]
        assert exports == [200] * 10 + [429]
        assert zendesk.get("/api/v2/users").status_code == 200


@pytest.mark.parametrize(("kind", "status"), [("rate_limit", 429), ("server_error", 503)])
def test_a_refusing_fault_hits_the_request_it_is_set_for_and_has_no_effect(
    serve: Serve, kind: str, status: int
) -> None:
    fault = {"vendor": "zendesk", "kind": kind, "method": "POST", "status": 503, "skip": 1, "retry_after": 7}
    server = serve(faults=[fault])
    body = {"ticket": {"comment": {"body": "x"}, "external_id": "once"}}
    with Zendesk(server) as zendesk:
        statuses = [zendesk.post("/api/v2/tickets", json=body).status_code for _ in range(3)]
        assert statuses == [201, status, 201]
        assert len(zendesk.get("/api/v2/tickets", params={"external_id": "once"}).json()["tickets"]) == 2
    assert [entry.fault for entry in server.journal.requests("zendesk")][:3] == [None, kind, None]


@pytest.mark.parametrize(("kind", "tickets"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_says_nothing_of_whether_it_happened(serve: Serve, kind: str, tickets: int) -> None:
    server = serve(faults=[{"vendor": "zendesk", "kind": kind, "method": "POST", "seconds": 20}])
    body = {"ticket": {"comment": {"body": "x"}, "external_id": "once"}}
    with Zendesk(server) as zendesk:
        with pytest.raises(httpx.ReadTimeout):
            zendesk.post("/api/v2/tickets", json=body, timeout=0.3)
        found = zendesk.get("/api/v2/tickets", params={"external_id": "once"}).json()["tickets"]
        assert len(found) == tickets


def test_an_error_may_come_after_the_effect(serve: Serve) -> None:
    fault = {"vendor": "zendesk", "kind": "server_error_after", "method": "POST", "status": 502}
    body = {"ticket": {"comment": {"body": "x"}, "external_id": "once"}}
    with Zendesk(serve(faults=[fault])) as zendesk:
        assert zendesk.post("/api/v2/tickets", json=body).status_code == 502
        assert len(zendesk.get("/api/v2/tickets", params={"external_id": "once"}).json()["tickets"]) == 1


@pytest.mark.parametrize("days", [0, -3, 1.5, "2", True, None, [1], 10**9])
def test_the_company_lives_on_by_whole_days_only(
    serve: Serve, http: httpx.Client, caplog: pytest.LogCaptureFixture, days: Any
) -> None:
    server = serve()
    before = server.view.today
    answer = http.post(server.url + "/_simulator/advance", json={"days": days})
    assert (answer.status_code, server.view.today) == (400, before)
    assert "whole number" in answer.json()["error"]
    assert not caplog.records


def test_a_timeout_ends_in_a_closed_connection(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "zendesk", "kind": "timeout_before", "seconds": 0.05}])
    with Zendesk(server) as zendesk, pytest.raises(httpx.RemoteProtocolError):
        zendesk.get("/api/v2/users")


def test_a_truncated_body_is_noticed_by_its_length(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "zendesk", "kind": "truncated_body", "path": "*/users*"}])
    with Zendesk(server) as zendesk:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            zendesk.get("/api/v2/users")
        assert zendesk.get("/api/v2/users").status_code == 200


def test_a_duplicated_page_comes_twice_and_nothing_is_lost(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "zendesk", "kind": "duplicated_page", "skip": 1}])
    with Zendesk(server) as zendesk:
        rows, _ = zendesk.exported("tickets", start_time=0, per_page=7)
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids)) + 7
    assert len(set(ids)) == len(server.view.rows("tickets"))


def test_rows_that_change_while_somebody_pages_are_not_lost_to_a_cursor(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "zendesk", "kind": "rows_change", "times": 3}])
    before = server.view.today
    with Zendesk(server) as zendesk:
        rows, _ = zendesk.exported("tickets", start_time=0, per_page=7)
        assert (server.view.today - before).days == 3
        last = {row["id"]: row for row in rows}
        assert last == {row["id"]: row for row in zendesk.exported("tickets", start_time=0)[0]}


def test_a_skewed_clock_shows_in_the_date_of_answers(serve: Serve) -> None:
    server = serve(clock_skew_seconds={"zendesk": 3600})
    with Zendesk(server) as zendesk:
        assert zendesk.get("/api/v2/users").headers["date"] == "Wed, 21 Oct 2026 01:00:00 GMT"


def test_faults_with_a_probability_are_the_same_for_the_same_seed(serve: Serve) -> None:
    def hits(seed: int) -> list[int]:
        fault = {"vendor": "zendesk", "kind": "server_error", "times": 0, "probability": 0.5}
        with Zendesk(serve(seed=seed, faults=[fault])) as zendesk:
            return [zendesk.get("/api/v2/users").status_code for _ in range(12)]

    assert hits(1) == hits(1) != hits(2)
    assert set(hits(1)) == {200, 500}


def test_the_company_lives_on_when_told_so(serve: Serve, http: httpx.Client) -> None:
    server = serve()
    answer = http.post(server.url + "/_simulator/advance", json={"days": 2}).json()
    assert answer["today"] == "2026-10-22"
    assert answer["vendors"]["zendesk"] == server.url_of("zendesk")
    assert server.view.usage(server.view.today).height > 0


def test_lists_made_ahead_are_those_that_are_asked_for(serve: Serve) -> None:
    ahead, usual = serve(), serve()
    ahead.prepare()
    made = [f"{vendor} {kind} 0" for vendor, kind in (("zendesk", "users"), ("salesforce", "Contact"))]
    deadline = time.monotonic() + 20
    while not all(_is_made(ahead, name) for name in made):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not _is_made(usual, made[0])
    with Zendesk(ahead) as one, Zendesk(usual) as other:
        assert _users(one) == _users(other) != []


def _is_made(server: VendorServer, name: str) -> bool:
    with server.lock:
        return name in server.view._derived


def _users(zendesk: Zendesk) -> list[tuple[int, str]]:
    return [(row["id"], row["updated_at"]) for row in zendesk.exported("users", start_time=0)[0]]


def test_ids_given_out_lead_back_to_the_company_in_the_truth_only(serve: Serve) -> None:
    server = serve(noise={"external_id_missing": 0.5, "domain_missing": 0.5, "name_varies": 0.5})
    with Zendesk(server) as zendesk:
        rows = zendesk.timed("organizations")
    assert 0 < sum(row["external_id"] is None for row in rows) < len(rows)
    truth = {row["vendor_id"]: row for row in server.identities.truth().iter_rows(named=True)}
    names = {row["account_id"]: row["name"] for row in server.view.rows("accounts")}
    differs = 0
    for row in rows:
        own = names[truth[str(row["id"])]["company_id"]]
        assert own.lower().startswith(row["name"].lower())
        differs += own != row["name"]
    assert 0 < differs < len(rows)


def test_settings_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    for given, told in (
        ({"fault": []}, "no setting"),
        ({"faults": [{"vendor": "slack", "kind": "bang"}]}, "no kind of fault"),
    ):
        file.write_text(json.dumps(given))
        with pytest.raises(SettingsError, match=told):
            Settings.read(file)


def test_an_unknown_vendor_is_told_the_known_ones(serve: Serve, http: httpx.Client) -> None:
    answer = http.get(serve().url + "/nobody/api", auth=LOGIN)
    assert answer.status_code == 404
    assert "zendesk" in answer.json()["error"]


def test_what_is_kept_is_made_anew_when_one_of_its_sources_is_another(serve: Serve) -> None:
    view, rows, beside = serve().view, [{"n": 1}, {"n": 2}], {1: ["a"], 2: ["b"]}
    made: list[int] = []

    def make(row: dict[str, int]) -> int:
        made.append(row["n"])
        return row["n"]

    def kept() -> list[int]:
        return view.each("numbers", rows, make, lambda row: beside[row["n"]])

    assert kept() == kept() == [1, 2]
    beside[2] = ["b"]
    rows[0] = {"n": 1}
    assert kept() == [1, 2]
    assert made == [1, 2, 1, 2]
