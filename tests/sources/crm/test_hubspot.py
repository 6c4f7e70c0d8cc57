"""HubSpot: whole loads from the simulated portal, searches that never lose a row, associations, refusals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crm_world import NOW, Crm
from pydantic import ValidationError

from assets.sources.api.errors import CredentialsRefusedError, GaveUpError
from assets.sources.api.streams import Reading
from assets.sources.connector import TableLoad
from assets.sources.crm.hubspot_answers import batch, inline
from assets.sources.crm.hubspot_histories import versions
from assets.sources.crm.hubspot_objects import TRACKED
from assets.sources.crm.hubspot_portal import Portal
from assets.sources.hubspot import CONNECTOR
from simulator.company import Company
from simulator.vendors import hubspot_associations
from simulator.vendors.faults import Fault

KINDS = ("companies", "contacts", "deals", "tasks", "meetings", "calls", "tickets", "notes")
FAULTS = [
    Fault("hubspot", "rate_limit", path="*/search", retry_after=0),
    Fault("hubspot", "server_error", path="*/objects/*", skip=3, status=502),
    Fault("hubspot", "truncated_body", path="*/objects/contacts", skip=1),
    Fault("hubspot", "duplicated_page", path="*/objects/tasks", skip=1),
    Fault("hubspot", "rows_change", path="*/objects/tasks", skip=3),
]
Loads = dict[str, TableLoad]


@pytest.fixture(scope="module")
def portal(
    lived: tuple[Company, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Crm, list[Loads]]]:
    """Loaded through all faults, while a day went by; loaded again after people typed and archived."""
    crm = Crm.open("hubspot", lived, tmp_path_factory.mktemp("portal"))
    with crm.server:
        crm.server.set_faults(FAULTS)
        first = crm.load(page_size=20)
        crm.server.set_faults(())
        whole, odd, touched, *_ = crm.held("companies")
        objects = "/crm/v3/objects"
        standing = [number for number, row in crm.held("contacts").items() if not row["archived"]]
        crm.write("DELETE", f"{objects}/contacts/{standing[0]}")
        for number, property_, value in (
            (whole, "plan", "platinum"),
            (odd, "arr", "a lot"),
            (touched, "health_score", "71.5"),
        ):
            crm.write("PATCH", f"{objects}/companies/{number}", json={"properties": {property_: value}})
        crm.write("POST", f"{objects}/tickets", json={"properties": {"subject": "Broken", "content": "-"}})
        note = {"hs_timestamp": "2026-10-21T12:00:00Z", "hs_note_body": "not read"}
        crm.write("POST", f"{objects}/notes", json={"properties": note})
        yield crm, [first, crm.load(page_size=20)]


def test_both_loads_together_hold_what_the_portal_holds(portal: tuple[Crm, list[Loads]]) -> None:
    crm, (first, changed) = portal
    for table in KINDS:
        assert {i for (i,) in crm.rows(f"select id from raw_hubspot.{table}")} == set(crm.held(table)), table
    loads = [*first.values(), *changed.values()]
    assert all(e.rows_in == e.rows_loaded + e.rows_duplicate + e.rows_quarantined for e in loads)
    assert first["tasks"].rows_duplicate >= 20
    assert crm.rows("select distinct extra from raw_hubspot.notes") == [(None,)]
    faults = [each for each in crm.server.journal.requests("hubspot") if each.fault]
    assert len(faults) == len(FAULTS)


def test_rows_that_changed_while_lists_were_read_come_with_the_next_load(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, (_, changed) = portal
    # the day went by while tasks were listed: meetings and calls, listed later, had it already
    late = [row for row in crm.held("contacts").values() if row["updatedAt"] >= "2026-10-21"]
    assert 0 < changed["contacts"].rows_loaded <= len(late) + 1


def test_properties_fill_the_columns_and_the_portals_own_are_kept(portal: tuple[Crm, list[Loads]]) -> None:
    crm, _ = portal
    held = crm.held("companies")
    rows = crm.rows("""
        select id, product_account_id, arr, renewal_on::varchar, status, csm_id, configuration, extra
        from raw_hubspot.companies where _dlt_valid_to is null and plan <> 'platinum'
    """)
    assert len(rows) == len(held) - 1
    for number, account, arr, renewal, status, csm, configuration, extra in rows:
        properties = held[number]["properties"]
        assert account == properties["external_account_id"]
        assert renewal == properties["renewal_date"]
        assert (status, csm) == (properties["lifecyclestage"], properties["hubspot_owner_id"])
        assert properties["arr"] == "a lot" or arr == float(properties["arr"])
        assert configuration == properties["configuration"]
        assert set(json.loads(extra)["properties"]) == {"time_zone"}


def test_a_search_finds_the_companies_of_what_it_finds_as_the_list_does(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    listed, _ = crm.read("contacts")
    found, _ = crm.read("contacts", {"until": "2020-01-01T00:00:00+00:00"}, page_size=7)
    assert {row["id"]: row["company_id"] for row in found if not row["archived"]} == {
        row["id"]: row["company_id"] for row in listed if not row["archived"]
    }
    assert all(row["company_id"] for row in found)


def test_of_a_record_of_many_companies_all_are_read_past_the_first_page(
    portal: tuple[Crm, list[Loads]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, _ = portal
    many = next(number for number, row in crm.held("meetings").items() if not row["archived"])
    standing = [number for number, row in crm.held("companies").items() if not row["archived"]]
    for company in standing[:5]:
        path = f"/crm/v4/objects/meetings/{many}/associations/default/companies/{company}"
        crm.write("PUT", path)
    expected = {crm.held("meetings")[many]["_company"], *standing[:5]}
    everything = {"until": "2020-01-01T00:00:00+00:00"}
    for inline_most, most in ((2, 3), (1, 1)):
        monkeypatch.setattr(hubspot_associations, "INLINE_MOST", inline_most)
        monkeypatch.setattr(hubspot_associations, "MOST", most)
        listed, _ = crm.read("meetings")
        found, _ = crm.read("meetings", everything)
        for rows in (listed, found):
            (row,) = [each for each in rows if each["id"] == many]
            assert row["company_ids"] == sorted(expected)
        assert {row["id"]: row["company_id"] for row in listed} == {
            row["id"]: row["company_id"] for row in found
        }


def test_a_record_that_names_all_it_belongs_with_is_not_asked_about_once_more(
    portal: tuple[Crm, list[Loads]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, _ = portal

    def batches(**given: Any) -> tuple[list[Any], list[Any]]:
        before = len(crm.server.journal.requests("hubspot"))
        rows, _ = crm.read("tasks", **given)
        asked = crm.server.journal.requests("hubspot")[before:]
        return rows, [json.loads(each.body) for each in asked if "/v4/" in each.path]

    whole, asked = batches()
    assert (len(whole), asked) == (len(crm.held("tasks")), [])
    monkeypatch.setattr(hubspot_associations, "INLINE_MOST", 0)
    cut, asked = batches(page_size=9)
    told = ("id", "company_id", "company_ids", "contact_id")
    assert [[row[each] for each in told] for row in cut] == [[row[each] for each in told] for row in whole]
    assert len(asked) > 2
    assert all(0 < len(each["inputs"]) <= 9 for each in asked)


def test_a_row_without_an_id_costs_no_other_its_companies(
    portal: tuple[Crm, list[Loads]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, _ = portal
    monkeypatch.setattr(hubspot_associations, "INLINE_MOST", 0)
    number = next(number for number, row in crm.held("meetings").items() if row["_company"])
    more = {"paging": {"next": {"after": "1"}}}
    rows = [{"id": given, "associations": {"companies": more}} for given in (None, number)]
    odd = {"id": "8", "associations": {"companies": 7}}
    asking = Portal(crm.settings())
    found = asking.listed_links("meetings", "companies", [None, odd, *rows])
    assert (found.pop("8"), {each: bool(links) for each, links in found.items()}) == (None, {number: True})


def test_of_a_batch_only_what_was_refused_or_is_unclear_is_unreadable() -> None:
    """Having none is an error too for HubSpot."""
    none = hubspot_associations.none("2", "contact", "company")
    refused = {**none, "category": "INTERNAL_ERROR", "context": {"fromObjectId": ["3"]}}
    told = {"from": {"id": "1"}, "to": [{"toObjectId": 12, "associationTypes": [{"typeId": 1}]}]}
    asked = ["1", "2", "3"]
    assert batch({"errors": [none]}, [told], asked) == ({"1": [("12", True)]}, {})
    assert batch({"errors": [none, refused]}, [told], asked)[0] == {"1": [("12", True)], "3": None}
    unclear = {"1": [("12", True)], "2": None, "3": None}
    assert batch({"errors": [{**refused, "context": {}}]}, [told], asked)[0] == unclear
    assert batch({}, [told, {"to": [12]}], asked)[0] == unclear


def test_a_record_whose_next_page_cannot_be_read_is_not_taken_for_complete(
    portal: tuple[Crm, list[Loads]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, _ = portal
    asked = ("meetings", "companies", list(crm.held("meetings")))
    (first, *_), _ = crm.read("meetings")
    number = first["id"]
    other = next(each for each in crm.held("companies") if each not in first["company_ids"])
    crm.write("PUT", f"/crm/v4/objects/meetings/{number}/associations/default/companies/{other}")
    whole, links = Portal(crm.settings()).associated(*asked), hubspot_associations.links
    monkeypatch.setattr(hubspot_associations, "MOST", 1)
    for odd in ([{"toObjectId": None}], "none"):
        monkeypatch.setattr(
            hubspot_associations,
            "links",
            lambda ids, after, odd=odd: (odd, {}) if after else links(ids, after),
        )
        found = Portal(crm.settings()).associated(*asked)
        assert found == {each: told if len(told or []) == 1 else None for each, told in whole.items()}
        assert found[number] is None
        assert len({*map(str, found.values())}) > 2


def test_associations_whose_next_page_is_the_same_end_the_reading(
    portal: tuple[Crm, list[Loads]], monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, _ = portal
    line = {"toObjectId": 1, "associationTypes": []}
    monkeypatch.setattr(
        hubspot_associations, "links", lambda ids, after: ([line], {"paging": {"next": {"after": "1"}}})
    )
    with pytest.raises(GaveUpError, match="the same page"):
        crm.read("meetings", {"until": "2020-01-01T00:00:00+00:00"})


def test_tickets_come_with_their_company_and_contact_and_with_what_became_of_them(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    own = {row["ticket_id"]: row for row in crm.server.view.rows("tickets")}
    rows = crm.rows("""
        select id, company_id, contact_id, hs_pipeline_stage, csat, reopened_at, is_escalated
        from raw_hubspot.tickets where hs_pipeline is not null
    """)
    held = crm.held("tickets")
    for number, company, contact, stage, csat, reopened_at, is_escalated in rows:
        ticket = own[str(crm.server.identities.key("hubspot", "tickets", number))]
        assert (company, contact) == (held[number]["_company"], held[number]["_contact"])
        assert (stage == "4", csat) == (ticket["status"] == "solved", ticket["csat"])
        assert is_escalated == ticket["is_escalated"]
        assert (reopened_at is None) == (ticket["reopened_at"] is None)
    assert len(rows) == len(own) > 10
    assert any(contact for _, _, contact, *_ in rows)
    searched, _ = crm.read("tickets", {"until": "2020-01-01T00:00:00+00:00"})
    assert {row["id"]: row["contact_id"] for row in searched if row["id"] in held} == {
        number: row.get("_contact") for number, row in held.items()
    }
    notes = crm.rows("select company_id from raw_hubspot.notes where hubspot_owner_id is null")
    assert len(notes) > 1
    assert any(company for (company,) in notes)


def test_changes_and_archived_records_become_versions_and_a_touch_does_not(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, (_, changed) = portal
    versions = crm.rows("""
        select plan, _dlt_valid_to is null from raw_hubspot.companies
        where id in (select id from raw_hubspot.companies where plan = 'platinum') order by _dlt_valid_from
    """)
    assert [is_open for _, is_open in versions] == [False, True]
    archived = {number for number, row in crm.held("contacts").items() if row["archived"]}
    gone = crm.rows("select id from raw_hubspot.contacts where archived and _dlt_valid_to is null")
    assert {number for (number,) in gone} == archived
    (touched,) = [n for n, row in crm.held("companies").items() if row["properties"]["health_score"]]
    assert crm.rows(f"select count(*) from raw_hubspot.companies where id = '{touched}'") == [(1,)]
    assert changed["companies"].rows_quarantined == 1
    ((table, reason),) = crm.rows("select source_table, reason from raw_hubspot._quarantine")
    assert (table, reason) == ("companies", "arr 'a lot' is not a number")


def test_deals_have_the_stages_they_came_through_before_the_first_load(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    stages = {
        crm.server.identities.key("hubspot", "deals", number): [
            (f"{at:%Y-%m-%d %H:%M:%S}", stage.replace("_", "")) for at, stage in crm.server.view.stages(row)
        ]
        for row in crm.server.view.rows("opportunities")
        for number in [crm.server.vendors["hubspot"].objects.new_id("deals", row["opportunity_id"])]
    }
    rows = crm.rows("""
        select deal_id, list((changed_at::varchar, value) order by changed_at)
        from raw_hubspot.deal_property_history where property = 'dealstage' group by deal_id
    """)
    assert {crm.server.identities.key("hubspot", "deals", deal): told for deal, told in rows} == stages
    assert max(map(len, stages.values())) > 2
    held = crm.held("deals")
    owners = crm.rows("""
        select deal_id, value, source_type, changed_by_user_id
        from raw_hubspot.deal_property_history where property = 'hubspot_owner_id'
    """)
    assert {deal: owner for deal, owner, *_ in owners} == {
        number: row["properties"]["hubspot_owner_id"] for number, row in held.items()
    }
    assert {(source, int(user) - int(owner)) for _, owner, source, user in owners} == {("CRM_UI", 1)}


def test_only_histories_of_deals_that_changed_are_read_again(
    lived: tuple[Company, Path], tmp_path: Path
) -> None:
    crm = Crm.open("hubspot", lived, tmp_path)
    with crm.server:
        # more than the portal gives histories of at once
        for number in range(60):
            own = {"dealname": f"deal {number}", "dealstage": "proposal", "amount": number}
            crm.write("POST", "/crm/v3/objects/deals", json={"properties": own})
        listed, cursor = crm.read("deal_property_history", page_size=100)
        assert {row["deal_id"] for row in listed} == set(crm.held("deals"))
        part, half = crm.read("deal_property_history", {"until": "2020-01-01T00:00:00+00:00"}, pages=1)
        rest, _ = crm.read("deal_property_history", half)
        assert sorted(map(str, (*part, *rest))) == sorted(map(str, listed))
        crm.server.advance(1)
        number, *_ = crm.held("deals")
        change = {"properties": {"dealstage": "commit", "amount": None}}
        crm.write("PATCH", f"/crm/v3/objects/deals/{number}", json=change)
        before = len(crm.server.journal.requests("hubspot"))
        changed, _ = crm.read("deal_property_history", cursor, overlap_seconds=0)
        asked = crm.server.journal.requests("hubspot")[before:]
        assert crm.read("deal_property_history", left_out=TRACKED) == ([], None)
    assert "none of dealstage" in crm.told[-1]
    told = {(row["deal_id"], row["property"], row["value"]) for row in changed}
    assert {(number, "dealstage", "commit"), (number, "amount", "")} <= told
    assert len({row["deal_id"] for row in changed}) < len(crm.held("deals")) / 2
    assert not [each for each in asked if each.method == "GET" and each.path.endswith("/objects/deals")]


def test_a_history_that_cannot_be_read_is_named_and_keeps_no_other_from_being_read() -> None:
    good = {"value": "proposal", "timestamp": "2026-01-01T00:00:00Z", "sourceType": "CRM_UI"}
    rows = versions(
        [
            {"id": "1", "propertiesWithHistory": {"dealstage": [good], "amount": None}},
            {"id": "2", "propertiesWithHistory": {"dealstage": "proposal"}},
            {"id": "3"},
        ],
        ["dealstage", "amount"],
    )
    first, *odd = rows
    assert first == {**good, "deal_id": "1", "property": "dealstage"}
    assert [each.reason for each in odd] == [
        "the history of dealstage is no list of versions",
        "propertiesWithHistory is no object",
    ]


def test_of_two_versions_at_one_moment_the_later_holds(
    lived: tuple[Company, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = Crm.open("hubspot", lived, tmp_path)
    objects = crm.server.vendors["hubspot"].objects
    whole = objects.histories
    number, *_ = crm.held("deals")
    newest_first = [
        {"value": "closedwon", "timestamp": "2026-03-09T10:00:00.123Z", "sourceType": "AUTOMATION_PLATFORM"},
        {"value": "proposal", "timestamp": "2026-03-09T10:00:00.123Z", "sourceType": "CRM_UI"},
        {"value": "lead", "timestamp": "2026-03-01T10:00:00.123Z", "sourceType": "CRM_UI"},
    ]

    def tied(kind: str, row: Any, names: Any) -> Any:
        return {"dealstage": newest_first} if row["id"] == number else whole(kind, row, names)

    monkeypatch.setattr(objects, "histories", tied)
    with crm.server:
        for _ in range(2):
            crm.load()
            assert crm.rows(
                "select value, source_type from raw_hubspot.deal_property_history"
                f" where deal_id = '{number}' and property = 'dealstage' order by changed_at"
            ) == [("lead", "CRM_UI"), ("closedwon", "AUTOMATION_PLATFORM")]
            crm.server.advance(1)
            change = {"properties": {"dealname": "Renamed"}}
            crm.write("PATCH", f"/crm/v3/objects/deals/{number}", json=change)


def test_a_deal_whose_history_came_spoilt_is_asked_for_again_until_it_can_be_read(
    lived: tuple[Company, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = Crm.open("hubspot", lived, tmp_path)
    objects = crm.server.vendors["hubspot"].objects
    whole = objects.histories
    spoilt, gone, *_ = crm.held("deals")

    def odd(kind: str, row: Any, names: Any) -> Any:
        return "none" if row["id"] in (spoilt, gone) else whole(kind, row, names)

    def waiting() -> set[str]:
        key = "payload ->> 'deal_id'"
        return {
            number
            for (number,) in crm.rows(f"select {key} from raw_hubspot._quarantine where resolved_at is null")
        }

    def known() -> set[str]:
        return {number for (number,) in crm.rows("select deal_id from raw_hubspot.deal_property_history")}

    with crm.server:
        monkeypatch.setattr(objects, "histories", odd)
        crm.load()
        assert (waiting(), known() & {spoilt, gone}) == ({spoilt, gone}, set())
        again = crm.load()
        assert waiting() == {spoilt, gone}
        assert again["deal_property_history"].rows_quarantined >= 2
        monkeypatch.setattr(objects, "histories", whole)
        crm.write("DELETE", f"/crm/v3/objects/deals/{gone}")
        crm.load()
        assert (waiting(), known() & {spoilt, gone}) == (set(), {spoilt})


def test_of_merged_companies_the_new_one_comes_with_both_their_ids(
    lived: tuple[Company, Path], tmp_path: Path
) -> None:
    """HubSpot lists neither of the two any more, not even as archived; what was theirs is the new one's."""
    crm = Crm.open("hubspot", lived, tmp_path)
    with crm.server:
        first, second, *_ = crm.held("companies")
        _, cursor = crm.read("companies")
        pair = {"primaryObjectId": first, "objectIdToMerge": second}
        into = crm.write("POST", "/crm/v3/objects/companies/merge", json=pair).json()["id"]
        found, _ = crm.read("companies", cursor)
        named = {row["id"]: row["properties"]["hs_merged_object_ids"] for row in found}
        assert named[into] == f"{first};{second}"
        assert not {first, second} & set(crm.held("companies"))
        contacts, _ = crm.read("contacts")
    assert into in {row["company_id"] for row in contacts}
    assert not {first, second} & {row["company_id"] for row in contacts}


def test_a_search_is_paged_by_id_so_neither_its_10000th_row_nor_a_shifted_page_matters(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    before = len(crm.server.journal.requests("hubspot"))
    everything = {"until": "2020-01-01T00:00:00+00:00"}
    rows, cursor = crm.read("tasks", everything, page_size=9)
    searches = [
        json.loads(each.body)
        for each in crm.server.journal.requests("hubspot")[before:]
        if each.path.endswith("/search")
    ]
    assert not any("after" in each for each in searches)
    assert len({row["id"] for row in rows}) == len(rows) == len(crm.held("tasks"))
    assert set(cursor) == {"until", "archive"}
    # cut in the middle, it goes on behind the last row
    part, half = crm.read("tasks", everything, pages=3, page_size=9)
    rest, _ = crm.read("tasks", half, page_size=9)
    assert [row["id"] for row in (*part, *rest)] == [row["id"] for row in rows]


def test_a_record_that_changes_behind_the_search_is_found_by_the_next_one(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    stream = next(each for each in CONNECTOR.streams(crm.settings(page_size=9)) if each.name == "tasks")
    pages = stream.read(Reading({"until": "2020-01-01T00:00:00+00:00"}, NOW, crm.told.append))
    first = next(pages).rows["tasks"][0]["id"]
    last = sorted(crm.held("tasks"), key=int)[-1]
    for number in (first, last):
        change = {"properties": {"hs_task_subject": "typed while paging"}}
        crm.write("PATCH", f"/crm/v3/objects/tasks/{number}", json=change)
    cursor = [page.cursor for page in pages if page.cursor][-1]
    rows, _ = crm.read("tasks", cursor)
    typed = {row["id"] for row in rows if row["properties"]["hs_task_subject"] == "typed while paging"}
    assert typed == {first, last}


def test_the_main_company_is_the_one_the_portal_calls_primary() -> None:
    listed = {
        "id": "9",
        "associations": {
            "companies": {
                "results": [
                    {"id": "12", "type": "contact_to_company_unlabeled"},
                    {"id": "7", "type": "contact_to_company_unlabeled"},
                    {"id": "12", "type": "contact_to_company"},
                ]
            }
        },
    }
    assert inline(listed, "companies") == [("12", True), ("7", False)]
    assert inline({"id": "9"}, "companies") == []


def test_searches_are_spaced_as_the_portal_wants(portal: tuple[Crm, list[Loads]]) -> None:
    crm, _ = portal
    waits: list[float] = []
    asking = Portal(crm.settings(searches_per_second=5), sleep=waits.append)
    for _ in range(3):
        asking.search("deals", [], "hs_object_id")
    assert len(waits) == 2
    assert all(0 < wait <= 0.2 for wait in waits)


def test_check_names_what_a_portal_lacks_and_fails_on_what_a_person_asked_for(
    portal: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = portal
    found = {each.subject: each for each in CONNECTOR.check(crm.settings())}
    assert set(found) == {*KINDS, "owners", "deal_property_history"}
    assert all(each.is_fine for each in found.values())
    assert "dealstage" in found["deal_property_history"].detail
    *_, history = CONNECTOR.check(crm.settings(left_out=TRACKED))
    assert (history.subject, history.state) == ("deal_property_history", "left out")
    assert "deal_currency_code" in found["deals"].detail
    asked = CONNECTOR.check(crm.settings(properties={"companies": {"arr": "yearly"}}))
    (missing,) = [each for each in asked if not each.is_fine]
    assert (missing.subject, "yearly" in missing.detail) == ("companies", True)
    with pytest.raises(ValidationError, match="'owners' is no table"):
        crm.settings(properties={"owners": {"arr": "arr"}})


def test_a_wrong_token_is_named_without_showing_it(portal: tuple[Crm, list[Loads]]) -> None:
    crm, _ = portal
    with pytest.raises(CredentialsRefusedError, match="TIERLINE_HUBSPOT_ACCESS_TOKEN") as refused:
        crm.read("owners", access_token="guessed-token")
    assert "guessed-token" not in str(refused.value)
    (finding,) = CONNECTOR.check(crm.settings(access_token="guessed-token"))
    assert (finding.subject, finding.is_fine) == ("token", False)


def test_a_page_that_leads_to_itself_forever_ends_the_reading(portal: tuple[Crm, list[Loads]]) -> None:
    crm, _ = portal
    crm.server.set_faults([Fault("hubspot", "duplicated_page", path="*/objects/tasks", times=0, skip=1)])
    with pytest.raises(GaveUpError, match="the same page"):
        crm.read("tasks", page_size=10)
    crm.server.set_faults(())
