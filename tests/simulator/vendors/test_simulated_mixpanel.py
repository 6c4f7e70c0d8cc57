"""Mixpanel as simulated: the raw export holds the company's events, and refuses as Mixpanel does."""

import gzip
import json
from datetime import date, timedelta
from typing import Any

import httpx
import polars as pl

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import SEEN_UNTIL, Serve
from tests.simulator.vendors.descriptions import description

SECRET = ("simulated-mixpanel", "")


def _export(server: VendorServer, auth: tuple[str, str] = SECRET, **query: Any) -> httpx.Response:
    days = {"from_date": "2026-10-01", "to_date": SEEN_UNTIL.isoformat()}
    return httpx.get(server.url_of("mixpanel") + "/api/2.0/export", params=days | query, auth=auth)


def _events(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_export_holds_every_event_of_its_days_once(serve: Serve) -> None:
    server = serve()
    events = _events(_export(server))
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(20)]
    company = pl.concat([server.view.usage(day) for day in days])
    exported = {event["properties"]["$insert_id"]: event for event in events}
    assert len(exported) == len(events)
    assert set(exported) == set(company["event_id"])
    row = company.row(5, named=True)
    shown = exported[row["event_id"]]
    assert shown["event"] == row["event"]
    assert shown["properties"]["time"] == int(row["occurred_at"].timestamp())


def test_a_person_has_one_telephone_and_the_channel_mobile_two_apps(serve: Serve) -> None:
    told = [event["properties"] for event in _events(_export(serve()))]
    assert {each["mp_lib"] for each in told if each["channel"] == "ui"} == {"web"}
    phones = {(each["distinct_id"], each["mp_lib"]) for each in told if each["channel"] == "mobile"}
    assert {library for _, library in phones} == {"iphone", "android"}
    assert len({who for who, _ in phones}) == len(phones)


def test_tomorrow_is_not_there_until_it_has_been_lived(serve: Serve) -> None:
    server = serve()
    tomorrow = {"from_date": "2026-10-21", "to_date": "2026-10-22"}
    assert _export(server, **tomorrow).text == ""
    server.advance(2)
    assert _events(_export(server, **tomorrow))


def test_events_can_be_chosen_limited_and_timed_in_milliseconds(serve: Serve) -> None:
    server = serve()
    chosen = _events(_export(server, event='["session_started"]', limit=3, time_in_ms="true"))
    assert [event["event"] for event in chosen] == ["session_started"] * 3
    assert chosen[0]["properties"]["time"] > 10**12


def test_a_large_answer_is_packed_for_those_who_take_it(serve: Serve) -> None:
    server = serve()
    url = server.url_of("mixpanel") + "/api/2.0/export?from_date=2026-10-01&to_date=2026-10-02"
    with httpx.stream("GET", url, auth=SECRET) as answer:
        packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed).splitlines()[0])["properties"]["$insert_id"]


def test_wrong_secrets_and_dates_are_refused(serve: Serve) -> None:
    server = serve()
    assert _export(server, auth=("wrong", "")).status_code == 401
    account = ("service-account", "simulated-mixpanel")
    assert _export(server, auth=account).status_code == 400
    assert _export(server, auth=account, project_id=2195193).status_code == 200
    assert _export(server, from_date="yesterday").status_code == 400
    assert _export(server, from_date="2026-10-21").status_code == 400
    assert _export(server, limit=100_001).status_code == 400


def test_what_is_asked_and_answered_is_in_the_official_description(serve: Serve) -> None:
    export = description("mixpanel/export.openapi.yaml")["paths"]["/export"]["get"]
    known = {each["name"] for each in export["parameters"] if each["in"] == "query"}
    assert {"project_id", "from_date", "to_date", "limit", "event", "time_in_ms"} <= known
    answer = _export(serve())
    promised = export["responses"]["200"]["content"]
    assert answer.headers["content-type"] in promised
    example = json.loads(promised["text/plain"]["schema"]["example"].splitlines()[0])
    for event in _events(answer):
        assert set(example) == set(event)
        assert set(example["properties"]) <= set(event["properties"])
