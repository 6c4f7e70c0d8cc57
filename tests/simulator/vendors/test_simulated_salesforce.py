"""Salesforce as simulated: OAuth, queries to the last page, records written and read back, recorded shapes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.vendors.salesforce_objects import MEETINGS
from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve

RECORDED = Path(__file__).parents[3] / "../shared/data/salesforce_recorded"
DATA = "/services/data/v66.0"


def _login(server: VendorServer, **other: str) -> httpx.Response:
    given = {
        "grant_type": "client_credentials",
        "client_id": "tierline",
        "client_secret": "simulated-salesforce",
    }
    return httpx.post(server.url_of("salesforce") + "/services/oauth2/token", data=given | other)


class Salesforce(httpx.Client):
    def __init__(self, server: VendorServer) -> None:
        token = _login(server).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        super().__init__(base_url=token["instance_url"], headers=headers, timeout=5)

    def query(self, soql: str, path: str = "query") -> list[dict[str, Any]]:
        answer = self.get(f"{DATA}/{path}", params={"q": soql}).raise_for_status().json()
        rows, total = list(answer["records"]), answer["totalSize"]
        while not answer["done"]:
            answer = self.get(answer["nextRecordsUrl"]).json()
            rows += answer["records"]
        assert len(rows) == total
        return rows


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve(page_most={"salesforce": 7})


@pytest.fixture
def salesforce(server: VendorServer) -> Iterator[Salesforce]:
    with Salesforce(server) as client:
        yield client


@pytest.mark.parametrize(
    ("kind", "table", "key"),
    [
        ("Account", "accounts", "account_id"),
        ("Contact", "users", "user_id"),
        ("Opportunity", "opportunities", "opportunity_id"),
        ("Task Event", "csm_activities", "activity_id"),
        ("User", "csms", "csm_id"),
    ],
)
def test_a_query_followed_to_its_last_page_holds_every_row_once(
    server: VendorServer, salesforce: Salesforce, kind: str, table: str, key: str
) -> None:
    keys = []
    for each in kind.split():
        rows = salesforce.query(
            f"SELECT Id, SystemModstamp FROM {each} ORDER BY SystemModstamp, Id", "queryAll"
        )
        keys += [server.identities.key("salesforce", each, row["Id"]) for row in rows]
        assert all(len(row["Id"]) == 18 for row in rows)
        assert [row["SystemModstamp"] for row in rows] == sorted(row["SystemModstamp"] for row in rows)
    assert sorted(map(str, keys)) == sorted(row[key] for row in server.view.rows(table))


def test_rows_that_change_while_a_query_is_paged_do_not_change_its_pages(serve: Serve) -> None:
    fault = {"vendor": "salesforce", "kind": "rows_change", "path": "*/query*", "times": 2}
    server = serve(page_most={"salesforce": 7}, faults=[fault])
    before = sum(row["kind"] not in MEETINGS for row in server.view.rows("csm_activities"))
    with Salesforce(server) as salesforce:
        assert len(salesforce.query("SELECT Id FROM Task")) == before
        assert len(salesforce.query("SELECT Id FROM Task")) > before


def test_conditions_parents_and_counts(server: VendorServer, salesforce: Salesforce) -> None:
    company = server.view.rows("accounts")
    big = salesforce.query(
        "SELECT Name, Owner.Email FROM Account WHERE ARR__c >= 10000 AND Plan__c != 'none'"
    )
    assert len(big) == sum(row["arr"] >= 10_000 for row in company)
    assert {row["Owner"]["Email"] for row in big} <= {row["email"] for row in server.view.rows("csms")}
    either = "Plan__c IN ('team', 'starter') OR (Plan__c LIKE 'ent%' AND NOT Region__c = 'emea')"
    found = salesforce.query(f"SELECT Id FROM Account WHERE {either}")
    expected = [
        r
        for r in company
        if r["plan"] in ("team", "starter") or (r["plan"] == "enterprise" and r["region"] != "emea")
    ]
    assert len(found) == len(expected)
    contact = salesforce.query("SELECT Email, Account.Name FROM Contact WHERE Account.Name != null LIMIT 1")[
        0
    ]
    assert contact["Account"]["attributes"]["type"] == "Account"
    count = salesforce.get(f"{DATA}/query", params={"q": "SELECT COUNT() FROM Account"}).json()
    assert count == {"totalSize": len(company), "done": True, "records": []}


def test_what_changed_since_a_moment_is_what_the_days_since_changed(
    server: VendorServer, salesforce: Salesforce
) -> None:
    since = server.view.day_end.strftime("%Y-%m-%dT%H:%M:%SZ")
    later = f"SELECT Id FROM Contact WHERE SystemModstamp >= {since}"
    assert salesforce.query(later, "queryAll") == []
    everything = "SELECT FIELDS(ALL) FROM Contact ORDER BY Id LIMIT 200"
    before = {row["Id"]: row for row in salesforce.query(everything, "queryAll")}
    server.advance(10)
    after = salesforce.query(everything, "queryAll")
    changed = {row["Id"] for row in after if before.get(row["Id"]) != row}
    assert {row["Id"] for row in salesforce.query(later, "queryAll")} == changed != set()


def test_the_deleted_are_hidden_from_queries_and_listed_where_asked_for(
    server: VendorServer, salesforce: Salesforce
) -> None:
    server.advance(10)
    gone = {
        row["Id"] for row in salesforce.query("SELECT Id FROM Contact WHERE IsDeleted = true", "queryAll")
    }
    assert gone
    assert gone.isdisjoint(row["Id"] for row in salesforce.query("SELECT Id FROM Contact"))
    between = {"start": "2020-01-01T00:00:00+00:00", "end": "2027-01-01T00:00:00+00:00"}
    answer = salesforce.get(f"{DATA}/sobjects/Contact/deleted", params=between).json()
    assert {row["id"] for row in answer["deletedRecords"]} == gone


def test_a_task_upserted_twice_by_its_action_is_one_task(salesforce: Salesforce) -> None:
    account = salesforce.query("SELECT Id, OwnerId FROM Account LIMIT 1")[0]
    url = f"{DATA}/sobjects/Task/External_Action_Id__c/action-1"
    body = {"Subject": "Call them today", "WhatId": account["Id"], "OwnerId": account["OwnerId"]}
    first, again = salesforce.patch(url, json=body), salesforce.patch(url, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    tasks = salesforce.query("SELECT Id, Subject, Status FROM Task WHERE External_Action_Id__c = 'action-1'")
    assert [(task["Subject"], task["Status"]) for task in tasks] == [("Call them today", "Not Started")]
    twin = salesforce.post(f"{DATA}/sobjects/Task", json={**body, "External_Action_Id__c": "action-1"})
    assert (twin.status_code, twin.json()[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert salesforce.delete(f"{DATA}/sobjects/Task/{first.json()['id']}").status_code == 204
    assert (
        salesforce.get(f"{DATA}/sobjects/Task/{first.json()['id']}").json()[0]["errorCode"]
        == "ENTITY_IS_DELETED"
    )
    assert salesforce.query("SELECT Id FROM Task WHERE External_Action_Id__c = 'action-1'") == []


def test_a_health_score_written_to_an_account_is_read_back(
    server: VendorServer, salesforce: Salesforce
) -> None:
    account = salesforce.query("SELECT Id, LastModifiedDate FROM Account LIMIT 1")[0]
    url = f"{DATA}/sobjects/Account/{account['Id']}"
    assert salesforce.patch(url, json={"Health_Score__c": 61.5}).status_code == 204
    read = salesforce.get(url, params={"fields": "Health_Score__c,LastModifiedDate"}).json()
    assert read["Health_Score__c"] == 61.5
    assert read["LastModifiedDate"] > account["LastModifiedDate"]


def test_wrong_credentials_are_refused_with_oauths_errors(server: VendorServer) -> None:
    wrong = _login(server, client_secret="wrong")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    assert _login(server, grant_type="password", password="wrong").json()["error"] == "invalid_grant"
    assert _login(server, grant_type="guess").json()["error"] == "unsupported_grant_type"
    url = server.url_of("salesforce") + f"{DATA}/query?q=SELECT+Id+FROM+Account"
    stale = httpx.get(url, headers={"Authorization": "Bearer old"})
    assert (stale.status_code, stale.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    recorded = json.dumps([entry.body for entry in server.journal.requests("salesforce")])
    assert "client_secret=hidden" in recorded
    assert "simulated-salesforce" not in recorded


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name ? 1", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT many", "MALFORMED_QUERY"),
    ],
)
def test_a_bad_query_gets_salesforces_error(salesforce: Salesforce, soql: str, code: str) -> None:
    answer = salesforce.get(f"{DATA}/query", params={"q": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_the_request_limit_is_a_403_of_its_own_kind(serve: Serve) -> None:
    server = serve(limits={"salesforce": {"requests": 2, "seconds": 60}})
    with Salesforce(server) as salesforce:
        assert salesforce.get(f"{DATA}/query", params={"q": "SELECT Id FROM User"}).status_code == 200
        answer = salesforce.get(f"{DATA}/query", params={"q": "SELECT Id FROM User"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")


def test_answers_have_the_fields_of_recorded_ones(server: VendorServer, salesforce: Salesforce) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded answers (../shared/data/salesforce_recorded) are not beside the repository")

    def fields(name: str) -> set[str]:
        value = json.loads((RECORDED / f"{name}_response.json").read_text())
        return set(value[0] if isinstance(value, list) else value)

    assert fields("auth_success") <= set(_login(server).json())
    assert fields("auth_error") == set(_login(server, client_secret="wrong").json())
    page = salesforce.get(f"{DATA}/query", params={"q": "SELECT Id FROM Task"}).json()
    assert set(page) == fields("sobject__query_paginated_first_page")
    error = salesforce.get(f"{DATA}/query", params={"q": "SELECT x FROM Task"}).json()
    assert set(error[0]) == fields("sobject__query_error")
    created = salesforce.post(f"{DATA}/sobjects/Task", json={"Subject": "x"}).json()
    assert set(created) == fields("sobject__create_success")
    between = {"start": "2020-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
    for change in ("deleted", "updated"):
        answer = salesforce.get(f"{DATA}/sobjects/Contact/{change}", params=between).json()
        assert set(answer) == fields(f"sobject__get_{change}_success")


def test_a_path_that_ends_with_a_slash_means_the_same(server: VendorServer, salesforce: Salesforce) -> None:
    """As simple-salesforce writes them."""
    server.advance(10)
    query = {"q": "SELECT Id FROM Contact"}
    living, slashed, every = (
        salesforce.get(f"{DATA}/{path}", params=query).json()["totalSize"]
        for path in ("query", "query/", "queryAll/")
    )
    assert living == slashed < every
    between = {"start": "2020-01-01T00:00:00+00:00", "end": "2027-01-01T00:00:00+00:00"}
    updated = salesforce.get(f"{DATA}/sobjects/Account/updated/", params=between).json()
    assert len(updated["ids"]) == len(server.view.rows("accounts"))
