"""Amplitude, Delighted, Zipchat and the code hosts as simulated."""

import gzip
import io
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.descriptions import REFERENCE

ZIPCHAT = "/api/integrations/backend_api/v1/chats/1"


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve()


def _get(server: VendorServer, vendor: str, path: str, **given: Any) -> httpx.Response:
    logins: dict[str, dict[str, Any]] = {
        "amplitude": {"auth": ("key", "simulated-amplitude")},
        "delighted": {"auth": ("simulated-delighted", "")},
        "gitlab": {"headers": {"PRIVATE-TOKEN": "simulated-gitlab"}},
    }
    login = logins.get(vendor, {"headers": {"Authorization": f"Bearer simulated-{vendor}"}})
    return httpx.get(server.url_of(vendor) + path, **{**login, **given})


def _unpacked(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {
            name: [json.loads(line) for line in gzip.decompress(archive.read(name)).splitlines()]
            for name in archive.namelist()
        }


def test_amplitudes_archive_holds_every_event_in_the_file_of_its_hour(server: VendorServer) -> None:
    files = _unpacked(
        _get(server, "amplitude", "/api/2/export", params={"start": "20261005", "end": "20261006"})
    )
    events = [event for rows in files.values() for event in rows]
    company = [server.view.usage(date(2026, 10, 5) + timedelta(days=n))["event_id"].to_list() for n in (0, 1)]
    assert sorted(event["$insert_id"] for event in events) == sorted(company[0] + company[1])
    for name, rows in files.items():
        day, hour = name.removesuffix("#0.json.gz").rsplit("_", 2)[1:]
        assert {row["event_time"][:13] for row in rows} == {f"{day} {int(hour):02d}"}


def test_amplitudes_events_fit_the_event_schema(server: VendorServer) -> None:
    path = REFERENCE / "amplitude/schemas__events.json"
    if not path.exists():
        pytest.skip("Amplitude's event schema (../shared/reference/amplitude) is not beside the repository")
    hour = {"start": "20261005T10", "end": "20261005T10"}
    (rows,) = _unpacked(_get(server, "amplitude", "/api/2/export", params=hour)).values()
    schema = json.loads(path.read_text())
    for row in rows:
        jsonschema.validate(row, schema)
        assert set(row) - set(schema["properties"]) <= {"app"}


def test_amplitude_refuses_wrong_keys_bad_hours_and_empty_ranges(server: VendorServer) -> None:
    def status(start: str, **given: Any) -> int:
        params = {"start": start, "end": "20261005"}
        return _get(server, "amplitude", "/api/2/export", params=params, **given).status_code

    assert status("20261005", auth=("key", "wrong")) == 401
    assert status("yesterday") == 400
    assert (
        _get(
            server, "amplitude", "/api/2/export", params={"start": "20300101", "end": "20300102"}
        ).status_code
        == 404
    )


def test_delighted_holds_every_nps_answer_once_and_whose_it_is(server: VendorServer) -> None:
    server.advance(10)
    rows: list[dict[str, Any]] = []
    page = 1
    while answer := _get(
        server, "delighted", "/v1/survey_responses.json",
        params={"per_page": 3, "page": page, "expand[]": "person"},
    ).json():  # fmt: skip
        rows += answer
        page += 1
    company = {r["response_id"]: r for r in server.view.rows("survey_responses") if r["kind"] == "nps"}
    keys = [str(server.identities.key("delighted", "response", row["id"])) for row in rows]
    assert sorted(keys) == sorted(company)
    assert len(rows) > 3
    for key, row in zip(keys, rows, strict=True):
        assert (row["person"]["email"], row["score"]) == (company[key]["email"], company[key]["score"])
    last = rows[-1]["updated_at"]
    since = _get(server, "delighted", "/v1/survey_responses.json", params={"updated_since": last}).json()
    assert rows[-1]["id"] in {row["id"] for row in since}
    assert since[0]["person"] == rows[-len(since)]["person"]["id"]


def test_delighted_pages_people_by_link_and_refuses_a_wrong_key(server: VendorServer) -> None:
    server.advance(10)
    answer = _get(server, "delighted", "/v1/people.json", params={"per_page": 2})
    people = answer.json()
    while "next" in answer.links:
        answer = httpx.get(answer.links["next"]["url"], auth=("simulated-delighted", ""))
        people += answer.json()
    ids = [person["id"] for person in people]
    responses = _get(server, "delighted", "/v1/survey_responses.json", params={"per_page": 100}).json()
    assert len(ids) == len(set(ids)) > 2
    assert set(ids) == {row["person"] for row in responses}
    assert _get(server, "delighted", "/v1/metrics.json", auth=("wrong", "")).status_code == 401
    assert _get(server, "delighted", "/v1/metrics.json").json()["response_count"] == len(responses)


def test_zipchat_holds_every_conversation_and_what_was_said(server: VendorServer) -> None:
    rows: list[dict[str, Any]] = []
    page = 1
    while found := _get(
        server, "zipchat", f"{ZIPCHAT}/conversations", params={"per_page": 4, "page": page}
    ).json()["conversations"]:
        rows += found
        page += 1
    company = {row["conversation_id"]: row for row in server.view.rows("ai_conversations")}
    keys = [str(server.identities.key("zipchat", "conversation", row["id"])) for row in rows]
    assert sorted(keys) == sorted(company)
    for key, row in zip(keys, rows, strict=True):
        one = _get(server, "zipchat", f"{ZIPCHAT}/conversations/{row['id']}").json()["conversation"]
        assert one["messages"][0]["message"] == company[key]["question"]
        assert (row["last_escalated_at"] is None) == (company[key]["escalated_at"] is None)


def test_zipchat_says_what_is_new_takes_messages_and_refuses(server: VendorServer) -> None:
    url = f"{ZIPCHAT}/conversations"
    since = {"last_message_at_since": server.view.day_end.isoformat()}
    assert _get(server, "zipchat", url, params=since).json()["conversations"] == []
    number = _get(server, "zipchat", url).json()["conversations"][0]["id"]
    login = {"Authorization": "Bearer simulated-zipchat"}
    sent = httpx.post(
        server.url_of("zipchat") + f"{url}/{number}/messages", json={"message": "Hello"}, headers=login
    )
    assert sent.status_code == 200
    again = _get(server, "zipchat", url, params=since).json()["conversations"]
    assert [row["id"] for row in again] == [number]
    assert _get(server, "zipchat", f"{url}/{number}").json()["conversation"]["messages"][-1]["manual_reply"]
    assert _get(server, "zipchat", url, headers={}).status_code == 401
    assert _get(server, "zipchat", url, params={"last_message_at_since": "soon"}).status_code == 422
    assert _get(server, "zipchat", url.replace("/1/", "/2/")).status_code == 404


def test_zipchats_conversations_have_the_fields_of_the_transcribed_example(server: VendorServer) -> None:
    path = REFERENCE / "zipchat/zipchat-backend-api.transcribed.yaml"
    if not path.exists():
        pytest.skip("the transcribed Zipchat API (../shared/reference/zipchat) is not beside the repository")
    paths = yaml.safe_load(path.read_text())["paths"]
    promised = paths["/chats/{chat_id}/conversations"]["get"]["responses"]["200"]["content"][
        "application/json"
    ]
    answer = _get(server, "zipchat", f"{ZIPCHAT}/conversations").json()
    example = promised["example"]["conversations"][0]
    assert all(set(row) == set(example) for row in answer["conversations"])
    assert all(set(row["lead"]) == set(example["lead"]) for row in answer["conversations"] if row["lead"])


PATHS = {
    "github": ("/repos/product/core/commits", "sha"),
    "gitlab": ("/api/v4/projects/product%2Fcore/repository/commits", "id"),
    "bitbucket": ("/2.0/repositories/product/core/commits", "hash"),
}


@pytest.mark.parametrize("vendor", list(PATHS))
def test_each_code_host_lists_the_commits_of_a_path_once_newest_first(
    server: VendorServer, vendor: str
) -> None:
    path, name = PATHS[vendor]
    changes = server.view.rows("code_changes")
    wanted = max((row["path"] for row in changes), key=lambda p: sum(row["path"] == p for row in changes))
    answer = _get(server, vendor, path, params={"path": wanted, "per_page": 3, "pagelen": 3})
    shas: list[str] = []
    while True:
        body = answer.json()
        shas += [row[name] for row in (body["values"] if vendor == "bitbucket" else body)]
        following = body.get("next") if vendor == "bitbucket" else answer.links.get("next", {}).get("url")
        if following is None:
            break
        answer = _get(server, vendor, following.removeprefix(server.url_of(vendor)))
    own = sorted(
        (row for row in changes if row["path"] == wanted), key=lambda row: row["committed_at"], reverse=True
    )
    assert shas == [row["commit_sha"] for row in own]
    assert len(shas) > 3


@pytest.mark.parametrize("vendor", list(PATHS))
def test_each_code_host_refuses_strangers_and_unknown_repositories(server: VendorServer, vendor: str) -> None:
    path, _ = PATHS[vendor]
    assert _get(server, vendor, path, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert _get(server, vendor, path.replace("core", "nothing")).status_code == 404


def test_commits_can_be_asked_for_since_a_moment(server: VendorServer) -> None:
    newest = _get(server, "github", PATHS["github"][0]).json()
    since = newest[4]["commit"]["committer"]["date"]
    later = _get(server, "github", PATHS["github"][0], params={"since": since}).json()
    assert [row["sha"] for row in later] == [row["sha"] for row in newest[:5]]
