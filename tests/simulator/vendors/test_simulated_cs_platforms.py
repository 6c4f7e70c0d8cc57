"""Gainsight, ChurnZero and Totango as simulated: reads, filters, writes that can be read back."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
import pytest

from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.descriptions import REFERENCE

LOGINS: dict[str, dict[str, Any]] = {
    "gainsight": {"headers": {"accesskey": "simulated-gainsight"}},
    "churnzero": {"auth": ("ana@vendor.example", "simulated-churnzero")},
    "totango": {"headers": {"app-token": "simulated-totango"}},
}
COMPANY = "/v1/data/objects/Company"


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve(limits={"gainsight": {"requests": 0, "seconds": 1}})


def _ask(server: VendorServer, vendor: str, method: str, path: str, **given: Any) -> httpx.Response:
    return httpx.request(method, server.url_of(vendor) + path, **{**LOGINS[vendor], **given})


def _companies(server: VendorServer, **asked: Any) -> dict[str, Any]:
    asked = {"select": ["Gsid", "Name", "ARR", "ExternalId", "OverallScore"], **asked}
    answer = _ask(server, "gainsight", "POST", f"{COMPANY}/search", json=asked)
    return answer.raise_for_status().json()["data"]


def test_gainsight_reads_pages_filters_and_refuses_unknown_fields(server: VendorServer) -> None:
    own = {row["account_id"]: row for row in server.view.rows("accounts")}
    order = {"field": "ARR", "order": "DESC"}
    pages = [_companies(server, limit=7, offset=start, orderBy=order)["records"] for start in (0, 7, 14)]
    rows = [row for page in pages for row in page]
    keys = [server.identities.key("gainsight", "Company", row["Gsid"]) for row in rows]
    assert sorted(map(str, keys)) == sorted(own)
    assert [row["ARR"] for row in rows] == sorted((row["arr"] for row in own.values()), reverse=True)
    assert all(0 <= row["OverallScore"] <= 100 for row in rows)
    large = {
        "conditions": [{"name": "ARR", "alias": "A", "value": 20_000, "operator": "GTE"}],
        "expression": "A",
    }
    assert _companies(server, where=large)["totalCount"] == sum(row["arr"] >= 20_000 for row in own.values())
    refused = _ask(server, "gainsight", "POST", f"{COMPANY}/search", json={"select": ["Gsid", "Nope"]})
    assert (refused.status_code, refused.json()["result"], "Nope" in refused.text) == (400, False, True)
    assert (
        _ask(server, "gainsight", "POST", f"{COMPANY}/search", headers={"accesskey": "x"}).status_code == 401
    )


def test_gainsight_takes_scores_by_key_and_says_which_records_failed(server: VendorServer) -> None:
    known = next(row for row in _companies(server)["records"] if row["ExternalId"])
    records = [
        {"ExternalId": known["ExternalId"], "Health_Score__gc": 41.5},
        {"ExternalId": "nobody", "Health_Score__gc": 1},
        {"ExternalId": known["ExternalId"], "Nope": 1},
    ]
    answer = _ask(
        server, "gainsight", "PUT", COMPANY, params={"keys": "ExternalId"}, json={"records": records}
    )
    told = answer.json()["data"]
    assert (told["updatedCount"], told["failedCount"]) == (1, 2)
    assert [each["index"] for each in told["failures"]] == [1, 2]
    one = _ask(server, "gainsight", "GET", f"{COMPANY}/{known['Gsid']}").json()["data"]["records"][0]
    assert one["Health_Score__gc"] == 41.5
    made = _ask(server, "gainsight", "POST", COMPANY, json={"records": [{"Name": "New Co"}]}).json()["data"]
    assert made["insertedCount"] == 1
    assert _ask(server, "gainsight", "DELETE", f"{COMPANY}/{known['Gsid']}").status_code == 200
    assert _ask(server, "gainsight", "GET", f"{COMPANY}/{known['Gsid']}").status_code == 404
    too_many = {"records": [{"Name": str(n)} for n in range(51)]}
    assert _ask(server, "gainsight", "POST", COMPANY, json=too_many).status_code == 400


def test_gainsights_calls_to_action_are_found_by_when_they_changed(server: VendorServer) -> None:
    def found(*days: str) -> list[dict[str, Any]]:
        changed = {"fieldName": "ModifiedDate", "alias": "A", "operator": "BTW", "value": list(days)}
        body = {"select": ["name"], "where": {"conditions": [changed], "expression": "A"}}
        return _ask(server, "gainsight", "POST", "/v2/cockpit/cta/list", json=body).json()["data"]

    before = found("2000-01-01", "2026-10-20")
    assert {row["StatusId__gr.Name"] for row in before} <= {"New", "Closed Success", "Closed Lost"}
    server.advance(8)
    assert len(found("2000-01-01", "2026-10-31")) > len(before)
    changed = [row["ModifiedDate"] for row in found("2026-10-21", "2026-10-28")]
    assert 0 < len(changed) < len(before)
    assert min(changed) >= datetime(2026, 10, 21, tzinfo=UTC).timestamp() * 1000


def test_churnzeros_entities_page_filter_order_and_count(server: VendorServer) -> None:
    def asked(entity: str, **options: Any) -> dict[str, Any]:
        params = {f"${name}": value for name, value in options.items()}
        return (
            _ask(server, "churnzero", "GET", f"/public/v1/{entity}", params=params).raise_for_status().json()
        )

    users = server.view.rows("users")
    rows, start = [], 0
    while page := asked("Contact", top=60, skip=start, orderby="Id", count="true")["value"]:
        rows += page
        start += 60
    assert sorted(str(server.identities.key("churnzero", "Contact", row["Id"])) for row in rows) == sorted(
        row["user_id"] for row in users
    )
    since = sorted(row["ObjectLastModifiedDate"] for row in rows)[-5]
    some = asked("Contact", filter=f"ObjectLastModifiedDate ge {since} and Title ne 'Nobody'", count="true")
    assert some["@odata.count"] == sum(row["ObjectLastModifiedDate"] >= since for row in rows)
    names = asked("Account", select="Id,Name", orderby="Name desc", top=3)["value"]
    assert [row["Name"] for row in names] == sorted((row["Name"] for row in names), reverse=True)
    assert set(names[0]) == {"Id", "Name"}
    account = next(row for row in asked("Account")["value"] if row["ExternalId"])
    by_key = f"Account(AccountExternalId='{account['ExternalId']}')"
    assert asked(by_key)["Id"] == account["Id"]
    assert asked(f"Account({account['Id']})/PrimaryChurnScore")["Name"] == "Churn risk"
    wrong = _ask(server, "churnzero", "GET", "/public/v1/Account", params={"$filter": "Nope eq 1"})
    assert (wrong.status_code, "Nope" in wrong.json()["error"]["message"]) == (400, True)
    assert _ask(server, "churnzero", "GET", "/public/v1/Account", auth=("a", "x")).status_code == 401
    described = REFERENCE / "churnzero/churnzero-rest-1.0.0.json"
    if described.exists():
        schemas = json.loads(described.read_text())["components"]["schemas"]
        jsonschema.validate(rows[0], schemas["Contact"])


def test_churnzero_takes_attributes_and_events(server: VendorServer) -> None:
    account = next(row for row in _ask(server, "churnzero", "GET", "/public/v1/Account").json()["value"]
                   if row["ExternalId"])  # fmt: skip
    said = {"appKey": "simulated-churnzero", "accountExternalId": account["ExternalId"], "entity": "account"}
    collect = server.url_of("churnzero") + "/i"
    told = {**said, "action": "setAttribute", "name": "Tier", "value": "critical"}
    assert httpx.get(collect, params=told).status_code == 200
    assert (
        httpx.post(
            collect,
            data={**said, "action": "trackEvent", "contactExternalId": "t", "eventName": "Prompt sent"},
        ).status_code
        == 200
    )
    # Whatever comes is answered with a picture; what is wrong is dropped.
    for wrong in ({"appKey": "wrong"}, {"accountExternalId": "nobody"}, {"entity": "contact"}):
        assert httpx.get(collect, params={**told, "value": "lost", **wrong}).status_code == 200
    after = _ask(server, "churnzero", "GET", f"/public/v1/Account({account['Id']})").json()
    assert after["Cf"] == {"Tier": "critical"}
    assert after["ObjectLastModifiedDate"] > account["ObjectLastModifiedDate"]
    (event,) = _ask(server, "churnzero", "GET", "/public/v1/Event").json()["value"]
    assert (event["AccountId"], event["EventTypeName"]) == (account["Id"], "Prompt sent")


def _hits(server: VendorServer, kind: str, **query: Any) -> dict[str, Any]:
    form = {"query": json.dumps({"terms": [], "count": 1000, "offset": 0, "fields": [], **query})}
    answer = _ask(server, "totango", "POST", f"/api/v1/search/{kind}", data=form)
    return answer.raise_for_status().json()["response"][kind]


def test_totango_finds_accounts_and_users_with_the_fields_asked_for(server: VendorServer) -> None:
    fields = [
        {"type": "string", "term": "health"},
        {"type": "number_attribute", "attribute": "Contract Value"},
    ]
    found = _hits(server, "accounts", fields=fields)
    own = {row["account_id"]: row for row in server.view.rows("accounts")}
    keys = [server.identities.key("totango", "account", hit["name"]) for hit in found["hits"]]
    assert sorted(map(str, keys)) == sorted(own)
    for key, hit in zip(keys, found["hits"], strict=True):
        assert hit["selected_fields"][0] in ("green", "yellow", "red")
        assert hit["selected_fields"][1] == own[str(key)]["arr"]
    green = _hits(server, "accounts", terms=[{"type": "string", "term": "health", "eq": "green"}])
    assert green["total_hits"] == sum(hit["selected_fields"][0] == "green" for hit in found["hits"])
    parent = [{"type": "string", "term": "identifier"}]
    people = _hits(server, "users", fields=[{"attribute": "Email"}], parent_account_fields=parent)["hits"]
    assert len(people) == len(server.view.rows("users"))
    assert {hit["selected_fields"][1] for hit in people} <= {hit["name"] for hit in found["hits"]}
    assert (
        _ask(server, "totango", "POST", "/api/v1/search/accounts", headers={"app-token": "x"}).status_code
        == 401
    )
    schema = REFERENCE / "totango/users.json"  # the one of accounts knows no numbers among selected fields
    if schema.exists():
        jsonschema.validate(people[0], json.loads(schema.read_text()))


def test_totango_takes_attributes_and_activities(server: VendorServer) -> None:
    name = _hits(server, "accounts")["hits"][0]["name"]
    sent = {
        "sdr_s": "SP-0000-01",
        "sdr_o": name,
        "sdr_o.Tier": "declining",
        "sdr_a": "Alert",
        "sdr_m": "Tierline",
    }
    assert (
        httpx.get(server.url_of("totango") + "/pixel.gif", params=sent).headers["content-type"] == "image/gif"
    )
    after = _hits(server, "accounts", fields=[{"type": "string_attribute", "attribute": "Tier"}])["hits"]
    assert [hit["selected_fields"] for hit in after if hit["name"] == name] == [["declining"]]
    events = _ask(server, "totango", "POST", "/api/v2/events/search", json={"account": name}).json()
    assert events["response"]["events"]["hits"][0]["properties"]["subject"] == "Alert"
    lost = {**sent, "sdr_s": "SP-1", "sdr_o.Tier": "lost"}
    assert httpx.get(server.url_of("totango") + "/pixel.gif", params=lost).status_code == 200
    tier = [{"type": "string_attribute", "attribute": "Tier"}]
    assert ["lost"] not in [hit["selected_fields"] for hit in _hits(server, "accounts", fields=tier)["hits"]]


def test_gainsight_takes_calls_to_action_record_by_record_and_the_company_hears_of_them(
    server: VendorServer,
) -> None:
    company, owner = _companies(server)["records"][0], server.view.rows("csms")[0]["email"]
    given = {"Name": "Call them", "CompanyId": company["Gsid"], "OwnerEmail": owner, "type": "Risk",
             "reason": "Other", "status": "New", "priority": "High", "Comments": "Tierline action act-000001"}  # fmt: skip
    wrong = (
        {"type": "Nope"},
        {"CompanyId": "1P02"},
        {"OwnerEmail": "x@y.example"},
        {"Nope__gc": 1},
        {"Name": ""},
    )
    records = [given, *({**given, **each} for each in wrong)]
    body = {
        "requests": [{"record": {**record, "referenceId": str(n)}} for n, record in enumerate(records)],
        "lookups": {"OwnerId": {"fields": {"OwnerEmail": "Email"}}},
    }
    told = _ask(server, "gainsight", "POST", "/v2/cockpit/cta", json=body).json()["data"]
    assert [list(each) for each in told["success"]] == [["0"]]
    assert [list(each) for each in told["failure"]] == [["1"], ["2"], ["3"], ["4"], ["5"]]
    (action,) = server.hearing.actions() or []
    assert action["action_id"] == "act-000001"
    assert action["account_id"] == server.identities.key("gainsight", "Company", company["Gsid"])


def test_totango_takes_touchpoints_of_accounts_it_knows(server: VendorServer) -> None:
    name = _hits(server, "accounts")["hits"][0]["name"]
    given = {"account_id": name, "subject": "Alert", "content": "Call them"}
    path = "/api/v3/touchpoints/"
    number = _ask(server, "totango", "POST", path, json=given).raise_for_status().json()["note"]["id"]
    for wrong in ({"account_id": "nobody"}, {"content": ""}, {"content": "x" * 12_001}):
        assert _ask(server, "totango", "POST", path, json={**given, **wrong}).status_code == 400
    assert _ask(server, "totango", "POST", path, json=given, headers={"app-token": "x"}).status_code == 401
    events = _ask(server, "totango", "POST", "/api/v2/events/search", json={"account": name}).json()
    notes = [hit["note_content"] for hit in events["response"]["events"]["hits"] if hit["type"] == "note"]
    assert [note["text"] for note in notes if note.get("note_id") == number] == ["Call them"]
