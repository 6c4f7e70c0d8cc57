"""HubSpot as simulated: lists, searches, archives, associations, upserts, errors."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from simulator.vendors import hubspot, hubspot_associations
from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve


class Hubspot(httpx.Client):
    def __init__(self, server: VendorServer, key: str = "simulated-hubspot") -> None:
        headers = {"Authorization": f"Bearer {key}"}
        super().__init__(base_url=server.url_of("hubspot"), headers=headers, timeout=5)

    def listed(self, kind: str, **query: Any) -> list[dict[str, Any]]:
        rows, after = [], None
        while True:
            page = {"limit": 20, **query, **({"after": after} if after else {})}
            answer = self.get(f"/crm/v3/objects/{kind}", params=page).raise_for_status().json()
            rows += answer["results"]
            if "paging" not in answer:
                return rows
            after = answer["paging"]["next"]["after"]

    def search(self, kind: str, *filters: dict[str, Any], **asked: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        body = {"filterGroups": [{"filters": list(filters)}] if filters else [], "limit": 50, **asked}
        while True:
            answer = self.post(f"/crm/v3/objects/{kind}/search", json=body).raise_for_status().json()
            rows += answer["results"]
            if "paging" not in answer:
                assert len(rows) == answer["total"]
                return rows
            body["after"] = answer["paging"]["next"]["after"]


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    return serve()


@pytest.fixture
def client(server: VendorServer) -> Iterator[Hubspot]:
    with Hubspot(server) as client:
        yield client


@pytest.mark.parametrize(
    ("kind", "table", "key"),
    [
        ("companies", "accounts", "account_id"),
        ("contacts", "users", "user_id"),
        ("deals", "opportunities", "opportunity_id"),
        ("tasks meetings calls", "csm_activities", "activity_id"),
    ],
)
def test_the_living_and_the_archived_together_are_every_row_once(
    server: VendorServer, client: Hubspot, kind: str, table: str, key: str
) -> None:
    found = [
        (each, r) for each in kind.split() for r in client.listed(each) + client.listed(each, archived="true")
    ]
    keys = [server.identities.key("hubspot", each, row["id"]) for each, row in found]
    assert sorted(map(str, keys)) == sorted(row[key] for row in server.view.rows(table))
    assert all(
        value is None or isinstance(value, str) for _, row in found for value in row["properties"].values()
    )


def test_a_search_finds_what_changed_and_never_the_archived(server: VendorServer, client: Hubspot) -> None:
    since = str(int(server.view.day_end.timestamp() * 1000))
    changed_since = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": since}
    assert client.search("contacts", changed_since) == []
    before = {row["id"]: row for row in client.listed("contacts")}
    server.advance(10)
    after = client.listed("contacts")
    changed = {row["id"] for row in after if before.get(row["id"]) != row}
    sorts = [{"propertyName": "lastmodifieddate", "direction": "ASCENDING"}]
    found = client.search("contacts", changed_since, sorts=sorts, limit=3)
    assert {row["id"] for row in found} == changed != set()
    moments = [row["properties"]["lastmodifieddate"] for row in found]
    assert moments == sorted(moments)
    gone = {row["id"] for row in client.listed("contacts", archived="true")}
    assert gone & set(before)
    assert gone.isdisjoint(row["id"] for row in client.search("contacts"))


def test_a_list_paged_while_rows_change_loses_none_of_those_that_stay(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "hubspot", "kind": "rows_change", "times": 8}])
    with Hubspot(server) as client:
        here = {row["id"] for row in server.vendors["hubspot"].rows("contacts") if not row["archived"]}
        ids = [row["id"] for row in client.listed("contacts")]
        stayed = here & {row["id"] for row in client.listed("contacts")}
    assert len(ids) == len(set(ids))
    assert stayed <= set(ids)


def test_filters_do_what_they_say(server: VendorServer, client: Hubspot) -> None:
    company = server.view.rows("accounts")
    revenue = {"propertyName": "arr", "operator": "BETWEEN", "value": "5000", "highValue": "20000"}
    assert len(client.search("companies", revenue)) == sum(5000 <= row["arr"] <= 20_000 for row in company)
    plan = {"propertyName": "plan", "operator": "IN", "values": ["team", "starter"]}
    renews = {"propertyName": "renewal_date", "operator": "HAS_PROPERTY"}
    expected = [row for row in company if row["plan"] in ("team", "starter") and row["renewal_on"]]
    assert len(client.search("companies", plan, renews)) == len(expected)
    has, lacks = (
        {"propertyName": "region", "operator": operator, "value": company[0]["region"]}
        for operator in ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")
    )
    found = [len(client.search("companies", each)) for each in (has, lacks)]
    assert (found[0] > 0, sum(found)) == (True, len(company))


def test_no_search_reaches_beyond_its_limit(client: Hubspot, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = client.post("/crm/v3/objects/contacts/search", json={"limit": 100, "after": "9950"})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    monkeypatch.setattr(hubspot, "REACHABLE", 60)
    with pytest.raises(httpx.HTTPStatusError):
        client.search("contacts")


def test_owners_are_the_csms(server: VendorServer, client: Hubspot) -> None:
    owners = {row["id"]: row["email"] for row in client.get("/crm/v3/owners/").json()["results"]}
    assert sorted(owners.values()) == sorted(row["email"] for row in server.view.rows("csms"))
    assert client.get("/crm/v3/owners", params={"archived": "true"}).json() == {"results": []}
    owned = {
        row["properties"]["hubspot_owner_id"]
        for row in client.listed("companies", properties="hubspot_owner_id")
    }
    assert owned <= set(owners)


def test_associations_lead_both_ways(server: VendorServer, client: Hubspot) -> None:
    contact = client.listed("contacts", associations="companies")[0]
    company = contact["associations"]["companies"]["results"][0]["id"]
    user = server.view.row("users", server.identities.key("hubspot", "contacts", contact["id"]))
    assert user is not None
    assert server.identities.key("hubspot", "companies", company) == user["account_id"]
    back = client.get(f"/crm/v4/objects/companies/{company}/associations/contacts").json()["results"]
    assert int(contact["id"]) in {each["toObjectId"] for each in back}
    batch = {"inputs": [{"id": contact["id"]}]}
    read = client.post("/crm/v4/associations/contacts/companies/batch/read", json=batch).json()
    assert read["results"][0]["to"][0]["toObjectId"] == int(company)


def test_an_object_of_many_tells_them_a_page_at_a_time(
    client: Hubspot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubspot_associations, "INLINE_MOST", 2)
    monkeypatch.setattr(hubspot_associations, "MOST", 3)
    company, whole = max(
        (
            (row["id"], client.get(f"/crm/v4/objects/companies/{row['id']}/associations/contacts").json())
            for row in client.listed("companies")
        ),
        key=lambda each: "paging" in each[1],
    )
    listed = next(row for row in client.listed("companies", associations="contacts") if row["id"] == company)
    told = listed["associations"]["contacts"]
    assert (len(told["results"]), "after" in told["paging"]["next"]) == (2, True)
    batch, asked = [], {"id": company}
    while asked:
        path = "/crm/v4/associations/companies/contacts/batch/read"
        (answer,) = client.post(path, json={"inputs": [asked]}).json()["results"]
        assert len(answer["to"]) <= 3
        batch += answer["to"]
        assert len(batch) <= 1000, "its pages never end"
        after = answer.get("paging", {}).get("next", {}).get("after")
        asked = {"id": company, "after": after} if after else {}
    assert batch[:3] == whole["results"]
    assert len({each["toObjectId"] for each in batch}) == len(batch) > 3
    too_many = {"inputs": [{"id": company}] * 1001}
    assert client.post(path, json=too_many).status_code == 400


def test_answers_hold_the_members_that_the_api_promises(client: Hubspot) -> None:
    company, other = (row["id"] for row in client.listed("companies")[:2])
    properties = client.get("/crm/v3/properties/tasks").json()["results"]
    made = {"name": "own", "label": "Own", "groupName": "task", "type": "string", "fieldType": "text"}
    properties.append(client.post("/crm/v3/properties/tasks", json=made).json())
    promised = {"name", "label", "description", "groupName", "type", "fieldType", "options"}
    assert all(promised <= set(each) for each in properties)
    groups = "/crm/v3/properties/companies/groups"
    group = client.post(groups, json={"name": "tierline", "label": "Tierline"}).json()
    for each in (group, *client.get(groups).json()["results"]):
        assert set(each) == {"name", "label", "displayOrder", "archived"}
    inputs = {"inputs": [{"id": company}, {"id": "1"}]}
    read = client.post("/crm/v3/objects/companies/batch/read", json=inputs).json()
    assert set(read["errors"][0]) >= {"status", "category", "message", "context", "links", "errors"}
    answer = client.post("/crm/v4/associations/companies/contacts/batch/read", json=inputs)
    links = answer.json()
    (none,) = links["errors"]
    assert (answer.status_code, len(links["results"]), links["numErrors"]) == (207, 1, 1)
    assert none["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert (none["category"], none["context"]["fromObjectId"]) == ("OBJECT_NOT_FOUND", ["1"])
    task = {"hs_timestamp": "2026-10-21T09:00:00Z", "hs_task_subject": "Call"}
    number = client.post("/crm/v3/objects/tasks", json={"properties": task}).json()["id"]
    path = f"/crm/v4/objects/tasks/{number}/associations/default/companies/{other}"
    linked = client.put(path).json()
    assert set(linked["results"][0]) == {"from", "to", "associationSpec"}
    for batch in (read, links, linked):
        assert {"status", "results", "startedAt", "completedAt"} <= set(batch)
    assert "pipeline" in client.listed("deals")[0]["properties"]
    assert {"hs_pipeline", "hs_pipeline_stage"} <= set(client.listed("tickets")[0]["properties"])


def test_upserting_twice_by_a_unique_property_makes_one(client: Hubspot) -> None:
    known = next(
        row
        for row in client.listed("companies", properties="external_account_id,name")
        if row["properties"]["external_account_id"]
    )
    number = known["properties"]["external_account_id"]
    inputs = [
        {"id": number, "idProperty": "external_account_id", "properties": {"health_score": 61}},
        {"id": "new-1", "idProperty": "external_account_id", "properties": {"name": "New"}},
    ]
    count = len(client.listed("companies"))
    first = client.post("/crm/v3/objects/companies/batch/upsert", json={"inputs": inputs}).json()
    again = client.post("/crm/v3/objects/companies/batch/upsert", json={"inputs": inputs}).json()
    assert [row["new"] for row in first["results"]] == [False, True]
    assert [row["new"] for row in again["results"]] == [False, False]
    assert len(client.listed("companies")) == count + 1
    read = client.get(
        f"/crm/v3/objects/companies/{known['id']}", params={"properties": "health_score,name"}
    ).json()
    assert read["properties"]["health_score"] == "61"
    assert read["properties"]["name"] == known["properties"]["name"]


def test_a_task_for_an_owner_hangs_on_its_company_and_can_be_done_and_archived(client: Hubspot) -> None:
    company = client.listed("companies")[0]["id"]
    kinds = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]
    properties = {
        "hs_timestamp": "2026-10-21T09:00:00Z",
        "hs_task_subject": "Call",
        "external_action_id": "a1",
    }
    body = {"properties": properties, "associations": [{"to": {"id": company}, "types": kinds}]}
    task = client.post("/crm/v3/objects/tasks", json=body)
    assert task.status_code == 201
    twin = client.post("/crm/v3/objects/tasks", json=body)
    assert (twin.status_code, twin.json()["category"]) == (409, "CONFLICT")
    number = task.json()["id"]
    linked = client.get(f"/crm/v4/objects/tasks/{number}/associations/companies").json()["results"]
    assert [str(each["toObjectId"]) for each in linked] == [company]
    client.patch(f"/crm/v3/objects/tasks/{number}", json={"properties": {"hs_task_status": "COMPLETED"}})
    wanted = {"idProperty": "external_action_id", "properties": "hs_task_status"}
    found = client.get("/crm/v3/objects/tasks/a1", params=wanted).json()
    assert found["properties"]["hs_task_status"] == "COMPLETED"
    assert client.delete(f"/crm/v3/objects/tasks/{number}").status_code == 204
    assert client.get(f"/crm/v3/objects/tasks/{number}").status_code == 404
    assert number in {row["id"] for row in client.listed("tasks", archived="true")}


def test_a_batch_that_misses_some_says_which(client: Hubspot) -> None:
    known = client.listed("companies")[0]["id"]
    answer = client.post(
        "/crm/v3/objects/companies/batch/read", json={"inputs": [{"id": known}, {"id": "1"}]}
    )
    assert answer.status_code == 207
    assert [row["id"] for row in answer.json()["results"]] == [known]
    assert answer.json()["errors"][0]["context"]["ids"] == ["1"]


def test_refusals_are_hubspots(server: VendorServer, client: Hubspot) -> None:
    with Hubspot(server, "wrong") as stranger:
        refused = stranger.get("/crm/v3/objects/companies")
    assert (refused.status_code, refused.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    unknown = client.post("/crm/v3/objects/companies", json={"properties": {"nothing_such": "1"}})
    assert unknown.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
    assert client.get("/crm/v3/objects/companies", params={"limit": 101}).status_code == 400


def test_searches_have_a_limit_of_their_own(serve: Serve) -> None:
    with Hubspot(serve(limits={})) as client:
        statuses = [client.post("/crm/v3/objects/companies/search", json={}).status_code for _ in range(6)]
        assert statuses[:5] == [200] * 5
        assert statuses[5] == 429
        assert client.get("/crm/v3/owners").status_code == 200


def test_a_search_from_id_to_id_finds_what_one_search_finds(client: Hubspot) -> None:
    changed = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1760000000000"}
    sorts = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    whole = [row["id"] for row in client.search("contacts", changed, sorts=sorts)]
    found: list[str] = []
    while True:
        above = {"propertyName": "hs_object_id", "operator": "GT", "value": found[-1] if found else "0"}
        body = {"filterGroups": [{"filters": [changed, above]}], "sorts": sorts, "limit": 7}
        page = client.post("/crm/v3/objects/contacts/search", json=body).json()
        assert page["total"] == len(whole) - len(found)
        if not page["results"]:
            break
        found += [row["id"] for row in page["results"]]
    assert found == whole != []


def test_a_deals_history_is_what_became_of_it_the_newest_first(server: VendorServer, client: Hubspot) -> None:
    """The company's own stages, then what a caller wrote; a batch and a list tell the same."""
    names = "dealstage,amount"
    first, *_ = client.listed("deals", properties=names)
    path = f"/crm/v3/objects/deals/{first['id']}"
    for amount in ("12.5", None):
        client.patch(path, json={"properties": {"amount": amount}}).raise_for_status()
    rows = {
        row["id"]: row for row in client.listed("deals", properties="amount", propertiesWithHistory=names)
    }
    asked = {"inputs": [{"id": first["id"]}], "propertiesWithHistory": names.split(",")}
    batch = client.post("/crm/v3/objects/deals/batch/read", json=asked).json()["results"][0]
    told = rows[first["id"]]["propertiesWithHistory"]
    assert batch["propertiesWithHistory"] == told
    assert [each["value"] for each in told["amount"]] == ["", "12.5", first["properties"]["amount"]]
    own = {row["opportunity_id"]: row for row in server.view.rows("opportunities")}
    longest = 0
    for number, row in rows.items():
        stages = server.view.stages(own[str(server.identities.key("hubspot", "deals", number))])
        versions = row["propertiesWithHistory"]["dealstage"]
        assert [each["value"] for each in versions] == [s.replace("_", "") for _, s in reversed(stages)]
        assert versions[0]["value"] == row["properties"]["dealstage"]
        assert sorted(versions, key=lambda each: each["timestamp"], reverse=True) == versions
        longest = max(longest, len(versions))
    assert longest > 1


def test_histories_are_of_fifty_objects_at_once(client: Hubspot) -> None:
    asked = {"limit": 51, "propertiesWithHistory": "amount"}
    assert client.get("/crm/v3/objects/deals", params=asked).status_code == 400
    body = {"inputs": [{"id": str(number)} for number in range(51)], "propertiesWithHistory": ["amount"]}
    answer = client.post("/crm/v3/objects/deals/batch/read", json=body)
    assert (answer.status_code, "property histories is 50" in answer.json()["message"]) == (400, True)
