"""Zendesk as simulated: exports to the end, events, comments, writes, its description."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.descriptions import holds

DESCRIPTION = "zendesk/zendesk-support-oas.yaml"
LOGIN = ("admin@vendor.example/token", "simulated-zendesk")


class Zendesk(httpx.Client):
    def __init__(self, server: VendorServer) -> None:
        super().__init__(base_url=server.url_of("zendesk"), auth=LOGIN, timeout=5)

    def exported(self, kind: str, **query: Any) -> tuple[list[dict[str, Any]], str]:
        """All rows of a cursor export and the last cursor."""
        answer = self.get(f"/api/v2/incremental/{kind}/cursor.json", params=query).json()
        rows = list(answer[kind])
        while not answer["end_of_stream"]:
            answer = self.get(answer["after_url"]).json()
            rows += answer[kind]
        return rows, answer["after_cursor"]

    def timed(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(f"/api/v2/incremental/{kind}.json", params={"start_time": 0, **query}).json()
        rows = {row["id"]: row for row in answer[kind]}
        while not answer["end_of_stream"]:
            answer = self.get(answer["next_page"]).json()
            rows |= {row["id"]: row for row in answer[kind]}
        return list(rows.values())


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve()


@pytest.fixture
def zendesk(server: VendorServer) -> Iterator[Zendesk]:
    with Zendesk(server) as client:
        yield client


def test_the_ticket_export_holds_every_ticket_once_whatever_the_page_size(
    server: VendorServer, zendesk: Zendesk
) -> None:
    company = server.view.rows("tickets")
    for size in (7, 1000):
        rows, _ = zendesk.exported("tickets", start_time=0, per_page=size)
        keys = [server.identities.key("zendesk", "ticket", row["id"]) for row in rows]
        assert sorted(keys) == sorted(row["ticket_id"] for row in company)
        moments = [row["updated_at"] for row in rows]
        assert moments == sorted(moments)


def test_the_user_export_holds_every_user_and_every_requester(server: VendorServer, zendesk: Zendesk) -> None:
    users, _ = zendesk.exported("users", start_time=0, per_page=50)
    ids = [user["id"] for user in users]
    assert len(ids) == len(set(ids))
    keys = {server.identities.key("zendesk", "user", number) for number in ids}
    company = server.view.rows("users")
    assert {user["user_id"] for user in company} <= keys
    inactive = {user["user_id"] for user in company if user["deactivated_at"]}
    assert {server.identities.key("zendesk", "user", u["id"]) for u in users if not u["active"]} == inactive
    tickets, _ = zendesk.exported("tickets", start_time=0)
    assert {t["requester_id"] for t in tickets} | {t["assignee_id"] for t in tickets} <= set(ids)


def test_a_cursor_that_was_kept_brings_what_the_next_days_changed_and_no_more(
    server: VendorServer, zendesk: Zendesk
) -> None:
    rows, cursor = zendesk.exported("tickets", start_time=0)
    assert zendesk.exported("tickets", cursor=cursor) == ([], cursor)
    before = {row["id"]: row for row in rows}
    server.advance(9)
    later, _ = zendesk.exported("tickets", cursor=cursor)
    assert len(later) == len({row["id"] for row in later})
    everything, _ = zendesk.exported("tickets", start_time=0)
    changed = [row for row in everything if before.get(row["id"]) != row]
    assert later == changed
    assert any(row["id"] in before for row in later)
    assert any(row["id"] not in before for row in later)


def test_organizations_are_the_accounts_with_what_zendesk_knows_of_them(
    server: VendorServer, zendesk: Zendesk
) -> None:
    rows = zendesk.timed("organizations", per_page=3)
    company = {row["account_id"]: row for row in server.view.rows("accounts")}
    keys = {row["id"]: server.identities.key("zendesk", "organization", row["id"]) for row in rows}
    assert sorted(str(key) for key in keys.values()) == sorted(company)
    for row in rows:
        account = company[str(keys[row["id"]])]
        assert row["external_id"] in (None, account["account_id"])
        assert row["domain_names"] in ([], [account["domain"]])


def test_events_tell_what_happened_to_tickets(server: VendorServer, zendesk: Zendesk) -> None:
    events = zendesk.timed("ticket_events", per_page=10, include="comment_events")
    created = [e for e in events if any(c["event_type"] == "Create" for c in e["child_events"])]
    assert len(created) == len(server.view.rows("tickets"))
    metrics = zendesk.timed("ticket_metric_events", per_page=10)
    answered = [m for m in metrics if (m["metric"], m["type"]) == ("reply_time", "fulfill")]
    assert len(answered) == sum(row["first_response_at"] is not None for row in server.view.rows("tickets"))


def test_the_first_public_comment_of_an_agent_is_the_first_human_response(
    server: VendorServer, zendesk: Zendesk
) -> None:
    people = {u["id"]: u for u in zendesk.exported("users", start_time=0)[0]}
    checked = 0
    for ticket in zendesk.exported("tickets", start_time=0)[0]:
        own = server.view.row("tickets", server.identities.key("zendesk", "ticket", ticket["id"]))
        assert own is not None
        comments = zendesk.get(f"/api/v2/tickets/{ticket['id']}/comments").json()["comments"]
        human = [
            c["created_at"]
            for c in comments
            if c["public"]
            and people[c["author_id"]]["role"] == "agent"
            and people[c["author_id"]]["name"] != "Answer Bot"
        ]
        if own["first_human_response_at"] is not None:
            assert human[0] == own["first_human_response_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
            checked += 1
    assert checked > 10


def test_an_idempotency_key_creates_one_ticket(zendesk: Zendesk) -> None:
    body = {
        "ticket": {"subject": "Answer candidate", "external_id": "a1", "comment": {"body": "Look at this."}}
    }
    key = {"Idempotency-Key": "one"}
    first = zendesk.post("/api/v2/tickets.json", json=body, headers=key)
    again = zendesk.post("/api/v2/tickets.json", json=body, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert (first.headers["x-idempotency-lookup"], again.headers["x-idempotency-lookup"]) == ("miss", "hit")
    assert len(zendesk.get("/api/v2/tickets", params={"external_id": "a1"}).json()["tickets"]) == 1
    other = zendesk.post("/api/v2/tickets.json", json={"ticket": {"comment": {"body": "x"}}}, headers=key)
    assert other.json()["error"] == "IdempotentRequestError"


@pytest.mark.parametrize(
    "odd",
    [{"requester_id": "x"}, {"status": "done"}, {"tags": "a"}, {"subject": 5}, {"comment": {"body": [1]}},
     {"comment": "text"}],
)  # fmt: skip
def test_a_ticket_with_an_odd_attribute_is_refused_and_not_written(
    zendesk: Zendesk, odd: dict[str, Any]
) -> None:
    path, whole = "/api/v2/tickets", {"external_id": "odd", "comment": {"body": "text"}}
    refused = zendesk.post(path, json={"ticket": {**whole, **odd}})
    assert (refused.status_code, refused.json()["error"]) == (422, "RecordInvalid")
    assert zendesk.get(path, params={"external_id": "odd"}).json()["tickets"] == []
    ticket = zendesk.post(path, json={"ticket": whole}).json()["ticket"]
    assert zendesk.put(f"{path}/{ticket['id']}", json={"ticket": odd}).status_code == 422


def test_what_is_written_to_an_organization_is_read_back_and_exported_again(
    server: VendorServer, zendesk: Zendesk
) -> None:
    known = next(row for row in zendesk.timed("organizations") if row["external_id"])
    given = {"external_id": known["external_id"], "organization_fields": {"health_score": 61}}
    answer = zendesk.post("/api/v2/organizations/create_or_update", json={"organization": given})
    assert answer.status_code == 200
    read = zendesk.get(f"/api/v2/organizations/{known['id']}").json()["organization"]
    assert read["organization_fields"] == {**known["organization_fields"], "health_score": 61}
    since = int(server.view.day_end.timestamp())
    server.advance()
    changed = zendesk.timed("organizations", start_time=since)
    assert known["id"] in {row["id"] for row in changed}


def test_wrong_credentials_and_bad_parameters_are_refused_as_zendesk_does(server: VendorServer) -> None:
    url = server.url_of("zendesk")
    path = "/api/v2/incremental/tickets/cursor.json"
    nobody = httpx.get(url + path, auth=("admin@vendor.example/token", "wrong"))
    assert (nobody.status_code, nobody.json()) == (401, {"error": "Couldn't authenticate you"})
    with Zendesk(server) as zendesk:
        assert zendesk.get(path).status_code == 400
        soon = {"start_time": int(server.view.now.timestamp()) - 5}
        assert zendesk.get(path, params=soon).json()["description"].startswith("Too recent start_time")
        assert zendesk.get("/api/v2/tickets/1").json()["error"] == "RecordNotFound"
        assert zendesk.get("/api/v2/nothing").json()["error"] == "InvalidEndpoint"


@pytest.mark.parametrize(
    "operation",
    [
        "get /api/v2/incremental/tickets/cursor",
        "get /api/v2/incremental/users/cursor",
        "get /api/v2/incremental/organizations",
        "get /api/v2/incremental/ticket_events",
        "get /api/v2/incremental/ticket_metric_events",
        "get /api/v2/ticket_metrics",
        "get /api/v2/tickets",
        "get /api/v2/users",
        "get /api/v2/organizations",
    ],
)
def test_answers_are_what_the_official_description_promises(zendesk: Zendesk, operation: str) -> None:
    answer = zendesk.get(operation.split(" ")[1], params={"start_time": 0})
    assert answer.status_code == 200
    holds(DESCRIPTION, answer, operation, without_nulls=True)


def test_comments_and_created_tickets_are_as_described(zendesk: Zendesk) -> None:
    ticket = zendesk.exported("tickets", start_time=0)[0][0]
    comments = zendesk.get(f"/api/v2/tickets/{ticket['id']}/comments")
    holds(DESCRIPTION, comments, "get /api/v2/tickets/{ticket_id}/comments", without_nulls=True)
    created = zendesk.post("/api/v2/tickets", json={"ticket": {"subject": "s", "comment": {"body": "b"}}})
    assert created.status_code == 201
    holds(DESCRIPTION, created, "post /api/v2/tickets", without_nulls=True)
