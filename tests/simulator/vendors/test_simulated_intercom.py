"""Intercom as simulated: paging, searches, parts, writes, its description."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.descriptions import holds

DESCRIPTION = "intercom/intercom-2.14.yaml"
EVERYTHING = {"field": "created_at", "operator": ">", "value": 0}


class Intercom(httpx.Client):
    def __init__(self, server: VendorServer, key: str = "simulated-intercom") -> None:
        headers = {"Authorization": f"Bearer {key}", "Intercom-Version": "2.14"}
        super().__init__(base_url=server.url_of("intercom"), headers=headers, timeout=5)

    def search(self, kind: str, query: dict[str, Any], size: int = 150) -> list[dict[str, Any]]:
        rows, pagination = [], {"per_page": size}
        while True:
            asked = {"query": query, "pagination": pagination}
            answer = self.post(f"/{kind}/search", json=asked).raise_for_status().json()
            rows += answer.get("data", answer.get("conversations", []))
            if "next" not in answer["pages"]:
                assert len({row["id"] for row in rows}) == answer["total_count"]
                return rows
            pagination = answer["pages"]["next"]


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve()


@pytest.fixture
def intercom(server: VendorServer) -> Iterator[Intercom]:
    with Intercom(server) as client:
        yield client


def test_a_search_paged_to_its_end_holds_every_conversation_once(
    server: VendorServer, intercom: Intercom
) -> None:
    rows = intercom.search("conversations", EVERYTHING, size=7)
    keys = [server.identities.key("intercom", "conversation", row["id"]) for row in rows]
    assert sorted(map(str, keys)) == sorted(row["ticket_id"] for row in server.view.rows("tickets"))
    assert "conversation_parts" not in rows[0]


def test_contacts_are_the_users_that_are_still_there(server: VendorServer, intercom: Intercom) -> None:
    listed, after = [], None
    while True:
        query = {"per_page": 50, **({"starting_after": after} if after else {})}
        answer = intercom.get("/contacts", params=query).json()
        listed += answer["data"]
        if "next" not in answer["pages"]:
            break
        after = answer["pages"]["next"]["starting_after"]
    users = [row for row in listed if row["role"] == "user"]
    keys = [server.identities.key("intercom", "contact", row["id"]) for row in users]
    here = [row["user_id"] for row in server.view.rows("users") if row["deactivated_at"] is None]
    assert sorted(map(str, keys)) == sorted(here)


@pytest.mark.parametrize("path", ["/companies/list", "/companies/scroll"])
def test_the_scroll_holds_every_account_and_says_no_number_the_list_those_with_people(
    server: VendorServer, intercom: Intercom, path: str
) -> None:
    rows: list[dict[str, Any]] = []
    if path == "/companies/list":
        url: str | None = path + "?per_page=6"
        while url:
            answer = intercom.post(url).json()
            rows += answer["data"]
            url = answer["pages"].get("next")
        assert len(rows) == answer["total_count"]
    else:
        answer = intercom.get(path).json()
        while answer["data"]:
            rows += answer["data"]
            assert (answer["total_count"], answer["pages"]) == (None, None)
            answer = intercom.get(path, params={"scroll_param": answer["scroll_param"]}).json()
    keys = [server.identities.key("intercom", "company", row["id"]) for row in rows]
    here = {row["account_id"] for row in server.view.rows("users") if row["deactivated_at"] is None}
    accounts = [row["account_id"] for row in server.view.rows("accounts")]
    expected = [each for each in accounts if each in here or path == "/companies/scroll"]
    assert 0 < len(here) < len(accounts)
    assert sorted(map(str, keys)) == sorted(expected)


def test_what_changed_since_yesterday_is_what_a_search_by_updated_at_finds(
    server: VendorServer, intercom: Intercom
) -> None:
    since = int(server.view.day_end.timestamp())
    query = {"field": "updated_at", "operator": ">=", "value": since}
    assert intercom.search("conversations", query) == []
    before = {row["id"]: row for row in intercom.search("conversations", EVERYTHING)}
    server.advance(6)
    after = intercom.search("conversations", EVERYTHING)
    changed = {row["id"] for row in after if before.get(row["id"]) != row}
    assert {row["id"] for row in intercom.search("conversations", query)} == changed != set()


def test_contact_searches_know_days_only(server: VendorServer, intercom: Intercom) -> None:
    contact = intercom.search("contacts", EVERYTHING)[0]
    at = contact["created_at"]
    midnight = at - at % 86_400
    same_day = {"field": "created_at", "operator": ">", "value": midnight}
    assert contact["id"] not in {row["id"] for row in intercom.search("contacts", same_day)}
    day_before = {"field": "created_at", "operator": ">", "value": midnight - 1}
    assert contact["id"] in {row["id"] for row in intercom.search("contacts", day_before)}


def test_filters_nest(server: VendorServer, intercom: Intercom) -> None:
    closed = {"field": "state", "operator": "=", "value": "closed"}
    by_ai = {"field": "ai_agent_participated", "operator": "=", "value": True}
    both = intercom.search("conversations", {"operator": "AND", "value": [closed, by_ai]})
    either = intercom.search("conversations", {"operator": "OR", "value": [closed, by_ai]})
    assert all(row["state"] == "closed" and row["ai_agent_participated"] for row in both)
    assert 0 < len(both) < len(either)
    bad = {"query": {"field": "nothing_such", "operator": "=", "value": 1}}
    assert intercom.post("/conversations/search", json=bad).json()["errors"][0]["code"] == "parameter_invalid"


def test_parts_tell_bot_people_and_customer_apart(server: VendorServer, intercom: Intercom) -> None:
    checked = 0
    for listed in intercom.search("conversations", EVERYTHING):
        row = intercom.get(f"/conversations/{listed['id']}").json()
        ticket = server.view.row("tickets", server.identities.key("intercom", "conversation", row["id"]))
        assert ticket is not None
        parts = row["conversation_parts"]["conversation_parts"]
        human = [
            p["created_at"] for p in parts if p["author"]["type"] == "admin" and p["part_type"] != "note"
        ]
        if ticket["first_human_response_at"] is not None:
            assert min(human) == int(ticket["first_human_response_at"].timestamp())
            checked += 1
        if row["ai_agent_participated"]:
            assert any(p["author"].get("is_ai_answer") for p in parts)
    assert checked > 10


def test_a_company_is_upserted_by_its_company_id_and_read_back(intercom: Intercom) -> None:
    known = intercom.post("/companies/list").json()["data"][0]
    given = {"company_id": known["company_id"], "custom_attributes": {"health_tier": "at risk"}}
    written = intercom.post("/companies", json=given).json()
    read = intercom.get("/companies", params={"company_id": known["company_id"]}).json()
    assert written == read == intercom.get(f"/companies/{known['id']}").json()
    assert read["custom_attributes"] == {"health_tier": "at risk"}
    assert (read["name"], read["updated_at"] > known["updated_at"]) == (known["name"], True)


def test_a_contact_that_is_known_is_a_conflict(intercom: Intercom) -> None:
    contact = next(row for row in intercom.search("contacts", EVERYTHING) if row["email"])
    refused = intercom.post("/contacts", json={"email": contact["email"].upper()})
    assert refused.status_code == 409
    assert contact["id"] in refused.json()["errors"][0]["message"]
    fresh = intercom.post("/contacts", json={"email": "new@else.example", "external_id": "n1"}).json()
    assert intercom.get("/contacts/find_by_external_id/n1").json() == fresh


def test_a_message_needs_an_admin_a_contact_and_a_body(server: VendorServer, intercom: Intercom) -> None:
    admin = intercom.get("/admins").json()["admins"][0]["id"]
    contact = intercom.search("contacts", EVERYTHING)[0]["id"]
    people = {"from": {"type": "admin", "id": admin}, "to": {"type": "user", "id": contact}}
    sent = intercom.post("/messages", json={"message_type": "in_app", "body": "Hello", **people})
    holds(DESCRIPTION, sent, "post /messages")
    assert [row["to"]["id"] for row in server.vendors["intercom"].written.created("message")] == [contact]
    empty = intercom.post("/messages", json={"message_type": "in_app", **people})
    holds(DESCRIPTION, empty, "post /messages")
    assert empty.status_code == 400
    nobody = {**people, "to": {"type": "user", "id": "0" * 24}}
    assert intercom.post("/messages", json={"body": "Hello", **nobody}).status_code == 404


def test_a_wrong_token_is_refused_as_intercom_does(server: VendorServer) -> None:
    with Intercom(server, "wrong") as stranger:
        answer = stranger.get("/contacts")
    assert answer.status_code == 401
    assert answer.json()["errors"] == [{"code": "unauthorized", "message": "Access Token Invalid"}]
    holds(DESCRIPTION, answer, "get /contacts")


@pytest.mark.parametrize(
    "operation", ["get /contacts", "get /companies", "post /companies/list", "get /companies/scroll",
                  "get /conversations", "get /admins", "get /me"],
)  # fmt: skip
def test_answers_are_what_the_official_description_promises(intercom: Intercom, operation: str) -> None:
    method, path = operation.split(" ")
    # the description says a list of companies ends in a cursor, its examples and prose that pages have numbers
    answer = intercom.request(method, path, params={"per_page": 60})
    assert answer.status_code == 200
    holds(DESCRIPTION, answer, operation)


def test_searches_and_single_objects_are_as_described(intercom: Intercom) -> None:
    for kind in ("contacts", "conversations"):
        found = intercom.post(f"/{kind}/search", json={"query": EVERYTHING})
        holds(DESCRIPTION, found, f"post /{kind}/search")
    conversation = found.json()["conversations"][0]["id"]
    holds(DESCRIPTION, intercom.get(f"/conversations/{conversation}"), "get /conversations/{conversation_id}")
    holds(DESCRIPTION, intercom.post("/contacts", json={"email": "a@b.example"}), "post /contacts")
