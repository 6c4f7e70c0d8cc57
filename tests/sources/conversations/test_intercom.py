"""Intercom: against the local server, the vendor's own description, and rows recorded from real workspaces."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import yaml
from conftest import Serve
from kept import NOW, Kept, load, rows

from assets.sources import intercom_listings, latest_changes
from assets.sources.api.errors import GaveUpError
from assets.sources.api.judging import Judge
from assets.sources.api.tables import Table
from assets.sources.intercom import CONNECTOR, Settings
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer

BESIDE = Path(__file__).parents[3] / "../shared"
FETCH = "/conversations/"


def settings_of(server: VendorServer, **given: Any) -> Settings:
    usual = {"access_token": "simulated-intercom", "page_size": 20}
    quick = {"backoff_seconds": 0.01, "timeout_seconds": 0.6}
    return Settings(base_url=server.url_of("intercom"), **{**usual, **quick, **given})


def truth(settings: Settings) -> Kept:
    """Read at once, without faults."""
    whole = Kept(CONNECTOR)
    whole.read(settings)
    return whole


def fetched(server: VendorServer) -> int:
    """Conversations that were asked for one by one."""
    requests = server.journal.requests("intercom")
    return sum(
        r.method == "GET" and r.path.startswith(FETCH) and r.path != "/conversations/" for r in requests
    )


def test_a_load_holds_what_intercom_holds_and_the_next_only_what_changed(
    serve: Serve, tmp_path: Path
) -> None:
    with_server = serve()
    settings = settings_of(with_server)
    load(CONNECTOR, settings, tmp_path)
    expected = truth(settings)
    for table in CONNECTOR.table_names:
        ((count,),) = rows(tmp_path, f"select count(*) from raw_intercom.{table}")
        assert count == len(expected.tables[table]) > 0, table
    tickets = with_server.view.rows("tickets")
    assert rows(
        tmp_path, "select count(*), count(topic), min(created_at) from raw_intercom.conversations"
    ) == [(len(tickets), len(tickets), min(row["created_at"] for row in tickets).replace(tzinfo=None))]
    asked = fetched(with_server)
    with_server.set_faults(
        [
            Fault("intercom", "server_error", path="/contacts/search", times=2),
            Fault("intercom", "truncated_body", path="/conversations/search"),
            Fault("intercom", "rate_limit", path="/admins", retry_after=0),
        ]
    )
    with_server.advance(3)
    loads = load(CONNECTOR, settings, tmp_path)
    assert all(each.rows_quarantined == 0 for each in loads.values())
    assert 0 < loads["conversations"].rows_loaded < len(tickets) / 2
    assert fetched(with_server) - asked <= loads["conversations"].rows_loaded
    expected = truth(settings)
    for table in ("conversations", "conversation_parts", "contacts"):
        ids = {row[0] for row in rows(tmp_path, f"select id from raw_intercom.{table}")}
        assert ids >= set(expected.tables[table]), table


def gone(folder: Path) -> set[str]:
    """Contacts that were listed once and are not any more."""
    found = rows(
        folder,
        "select id from raw_intercom.standing_contacts group by id having count(*) = count(_dlt_valid_to)",
    )
    return {number for (number,) in found}


def test_contacts_that_were_merged_or_archived_are_listed_no_more_and_a_reload_has_none_of_them(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    settings = settings_of(server)

    def write(method: str, path: str, **given: Any) -> None:
        headers = {"Authorization": "Bearer simulated-intercom"}
        httpx.request(method, settings.base_url + path, headers=headers, **given).raise_for_status()

    write("POST", "/contacts", json={"role": "lead", "email": "passing@by.example"})
    load(CONNECTOR, settings, tmp_path)
    contacts = truth(settings).tables["contacts"].values()
    (lead,) = [row["id"] for row in contacts if row["email"] == "passing@by.example"]
    user, archived, *_ = [row["id"] for row in contacts if row["role"] == "user"]
    assert gone(tmp_path) == set()
    write("POST", "/contacts/merge", json={"from": lead, "into": user})
    write("POST", f"/contacts/{archived}/archive")
    loads = load(CONNECTOR, settings, tmp_path)
    assert gone(tmp_path) == {lead, archived}
    assert loads["standing_contacts"].rows_in == len(contacts) - 2
    still = rows(tmp_path, f"select count(*) from raw_intercom.contacts where id in ('{lead}', '{archived}')")
    assert still == [(2,)]
    write("POST", f"/contacts/{archived}/unarchive")
    load(CONNECTOR, settings, tmp_path)
    assert gone(tmp_path) == {lead}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("drop schema raw_intercom cascade")
    load(CONNECTOR, settings_of(server, list_contacts=False), tmp_path)
    whole = {number for (number,) in rows(tmp_path, "select id from raw_intercom.contacts")}
    assert whole == {row["id"] for row in contacts} - {lead}


def test_a_list_of_contacts_that_ends_early_takes_nobody_away(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    settings = settings_of(server)
    load(CONNECTOR, settings, tmp_path)
    there = len(truth(settings).tables["contacts"])
    pages = int(there * 0.85 / 5) + 1
    server.set_faults([Fault("intercom", "list_ends", path="/contacts", method="GET", skip=pages - 1)])
    with pytest.raises(GaveUpError, match=f"ended after {5 * pages} of {there}: it is cut off"):
        load(CONNECTOR, settings_of(server, page_size=5), tmp_path)
    assert gone(tmp_path) == set()
    server.set_faults(())
    load(CONNECTOR, settings, tmp_path)
    assert gone(tmp_path) == set()


@pytest.mark.parametrize("told", [True, False])
def test_a_third_of_all_contacts_may_go_at_once_where_the_list_or_each_of_them_says_so(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    server = serve()
    settings = settings_of(server)
    load(CONNECTOR, settings, tmp_path)
    contacts = list(truth(settings).tables["contacts"])
    archived = contacts[: len(contacts) // 3]
    token = {"Authorization": "Bearer simulated-intercom"}
    for number in archived:
        httpx.post(f"{settings.base_url}/contacts/{number}/archive", headers=token).raise_for_status()
    if told:
        monkeypatch.setitem(intercom_listings.MOST_ASKED, intercom_listings.CONTACTS, len(archived) - 1)
    else:
        vendor = server.vendors["intercom"]
        found = vendor._found
        monkeypatch.setattr(vendor, "_found", lambda *given: (*found(*given)[:2], None))
    load(CONNECTOR, settings, tmp_path)
    assert gone(tmp_path) == set(archived)
    asked = [each.path for each in server.journal.requests("intercom") if each.path.startswith("/contacts/")]
    assert {f"/contacts/{number}" in asked for number in archived} == {not told}


def test_a_contact_that_the_list_passed_over_is_asked_for_before_it_counts_as_gone(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    settings = settings_of(server)
    load(CONNECTOR, settings, tmp_path)
    contacts = truth(settings).tables["contacts"]
    token = {"Authorization": "Bearer simulated-intercom"}
    first = next(iter(contacts))
    httpx.post(f"{settings.base_url}/contacts/{first}/archive", headers=token).raise_for_status()
    # The last page, of one or two contacts, is not shown: as if they had changed places.
    size = next(s for s in range(150, 10, -1) if (len(contacts) - 1) % s in (1, 2))
    skip = (len(contacts) - 1) // size - 1
    server.set_faults([Fault("intercom", "list_ends", path="/contacts", method="GET", skip=skip)])
    load(CONNECTOR, settings_of(server, page_size=size), tmp_path)
    assert gone(tmp_path) == {first}
    asked = [each.path for each in server.journal.requests("intercom") if each.path.startswith("/contacts/")]
    assert f"/contacts/{first}" in asked


def test_a_listing_that_is_switched_off_is_neither_read_nor_expected(serve: Serve, tmp_path: Path) -> None:
    settings = settings_of(serve())
    off = settings.model_copy(update={"list_contacts": False})
    load(CONNECTOR, settings, tmp_path)
    noted = "select source, table_name from raw_tierline.switched_off_tables"
    assert rows(tmp_path, noted) == []
    load(CONNECTOR, off, tmp_path)
    assert rows(tmp_path, noted) == [("intercom", "standing_contacts")]
    (found,) = [each for each in CONNECTOR.check(off) if each.subject == "standing_contacts"]
    assert (found.state, "TIERLINE_INTERCOM_LIST_CONTACTS" in found.detail) == ("left out", True)
    load(CONNECTOR, settings, tmp_path)
    assert rows(tmp_path, noted) == []
    assert {each.state for each in CONNECTOR.check(settings)} == {"ok"}


def test_an_unchanged_workspace_costs_a_request_or_two_a_list_and_no_conversation(serve: Serve) -> None:
    server = serve()
    settings = settings_of(server, page_size=150, list_contacts=False)
    kept = Kept(CONNECTOR)
    kept.read(settings)
    before, asked = len(server.journal.requests("intercom")), fetched(server)
    counts = kept.read(settings)
    assert len(server.journal.requests("intercom")) - before == 6
    kept.read(settings_of(server, page_size=150))
    listings = -(-len(kept.tables["standing_contacts"]) // 150)
    assert len(server.journal.requests("intercom")) - before == 6 + 6 + listings
    assert fetched(server) == asked
    assert counts["conversation_parts"] == 0


def test_parts_are_fetched_only_where_statistics_do_not_tell(serve: Serve) -> None:
    server = serve()
    some, every = Kept(CONNECTOR), Kept(CONNECTOR)
    some.read(settings_of(server))
    every.read(settings_of(server, read_all_parts=True))
    told = {row["conversation_id"] for row in some.tables["conversation_parts"].values()}
    untold = {row["conversation_id"] for row in every.tables["conversation_parts"].values()} - told
    assert told
    assert untold
    for number in untold:
        row = some.tables["conversations"][number]
        assert row["statistics"]["first_admin_reply_at"]
        assert not row["ai_agent_participated"]
        assert not row["statistics"]["count_reopens"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "server_error", "path": "/conversations/*", "times": 3, "skip": 2},
        {"kind": "rate_limit", "path": "/conversations/*", "times": 2, "skip": 3, "retry_after": 0},
        {"kind": "truncated_body", "path": "/*/search", "times": 2},
        {"kind": "timeout_after", "path": "/contacts/search", "seconds": 0.8, "skip": 1},
        {"kind": "duplicated_page", "path": "/*", "times": 3},
        {"kind": "server_error", "path": "/companies/scroll", "skip": 1},
        {"kind": "list_ends", "path": "/companies/scroll"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault['path']}",
)
def test_whatever_goes_wrong_the_rows_are_the_same(serve: Serve, fault: dict[str, Any]) -> None:
    server = serve()
    settings = settings_of(server)
    expected = truth(settings)
    server.set_faults([Fault("intercom", **fault)])
    kept = Kept(CONNECTOR)
    kept.read(settings)
    assert kept.tables == expected.tables


def test_rows_that_change_while_one_reads_are_all_there_after_the_next_reading(serve: Serve) -> None:
    server = serve(faults=[{"vendor": "intercom", "kind": "rows_change", "path": "/*/search", "times": 4}])
    settings = settings_of(server, page_size=5)
    kept = Kept(CONNECTOR)
    kept.read(settings)
    kept.read(settings)
    expected = truth(settings)
    for table in ("conversations", "conversation_parts", "contacts"):
        assert kept.tables[table].items() >= expected.tables[table].items(), table


def test_a_reading_killed_again_and_again_loses_and_doubles_nothing(serve: Serve) -> None:
    settings = settings_of(serve(), page_size=2)
    kept = Kept(CONNECTOR)
    kept.read_though_killed_every(settings, rows=5)
    assert kept.tables == truth(settings).tables


def test_more_late_changes_than_fit_a_package_do_not_keep_a_reading_from_its_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latest_changes, "MOST_KNOWN", 3)
    server = serve()
    settings = settings_of(server, page_size=2)
    late = list(truth(settings).tables["contacts"])[:18]
    for number in late:
        changed(server, number, name="Renamed")
    kept = Kept(CONNECTOR)
    kept.read_though_killed_every(settings, rows=5)
    assert {kept.tables["contacts"][number]["name"] for number in late} == {"Renamed"}


def test_a_second_change_on_one_day_is_found_though_contacts_are_searched_by_day(serve: Serve) -> None:
    server = serve()
    settings = settings_of(server)
    kept = Kept(CONNECTOR)
    kept.read(settings)
    one, other, *_ = kept.tables["contacts"]
    for _ in range(3600):
        server.view.tick()  # an hour into the day
    for number in (one, other):
        changed(server, number, name="Renamed")
        kept.read(settings)
        assert kept.tables["contacts"][number]["name"] == "Renamed"


def changed(server: VendorServer, contact: str, **fields: str) -> None:
    token = {"Authorization": "Bearer simulated-intercom"}
    answer = httpx.put(f"{server.url_of('intercom')}/contacts/{contact}", json=fields, headers=token)
    answer.raise_for_status()


def test_a_place_that_intercom_no_longer_knows_is_read_again_from_its_beginning(serve: Serve) -> None:
    settings = settings_of(serve())
    kept = Kept(CONNECTOR)
    kept.cursors["conversations"] = {
        "latest": None, "known": {}, "at": {"oldest": 1, "following": "long gone"}
    }  # fmt: skip
    kept.read(settings)
    assert kept.tables == truth(settings).tables


def test_a_wrong_token_says_which_setting_to_correct_and_not_its_value(serve: Serve) -> None:
    findings = list(CONNECTOR.check(settings_of(serve(), access_token="wr0ng-token")))
    assert not any(each.is_fine for each in findings)
    said = " ".join(each.detail for each in findings)
    assert "TIERLINE_INTERCOM_ACCESS_TOKEN" in said
    assert "wr0ng-token" not in said


@cache
def described() -> dict[str, Any]:
    file = BESIDE / "reference/intercom/intercom-2.14.yaml"
    if not file.exists():
        pytest.skip("Intercom's description (../shared/reference/intercom) is not beside the repository")
    document: dict[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader)
    return document


def judged(table: Table, payloads: list[Any]) -> list[dict[str, Any]]:
    judge = Judge(table, NOW.replace(tzinfo=None))
    judge.add(payloads)
    verdict = judge.verdict()
    judge.close()
    assert verdict.rejected.to_pylist() == []
    return verdict.loaded.to_pylist()


@pytest.mark.parametrize(
    ("path", "method", "listed_as", "table"),
    [
        ("/admins", "get", "admins", "admins"),
        ("/companies/scroll", "get", "data", "companies"),
        ("/contacts/{contact_id}", "get", None, "contacts"),
        ("/conversations/search", "post", "conversations", "conversations"),
    ],
)
def test_the_examples_of_intercoms_description_are_good_rows(
    path: str, method: str, listed_as: str | None, table: str
) -> None:
    declared = next(each for each in CONNECTOR.tables if each.name == table)
    answer = described()["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    examples = [each["value"] for each in answer["examples"].values() if each["value"]]
    payloads = [row for each in examples for row in (each[listed_as] if listed_as else [each])]
    assert len(judged(declared, payloads)) == len({row["id"] for row in payloads}) > 0


def test_every_column_reads_a_field_that_intercom_describes() -> None:
    schemas = described()["components"]["schemas"]
    own = {"topic", "priority_attribute", "escalated_attribute", "conversation_id"}
    names = {"admins": "admin", "companies": "company", "contacts": "contact", "standing_contacts": "contact",
             "conversations": "conversation_list_item", "conversation_parts": "conversation_part"}  # fmt: skip
    for table in CONNECTOR.tables:
        for column in table.columns:
            schema: Any = schemas[names[table.name]]
            for part in column.path if column.name not in own else ():
                while "$ref" in schema:
                    schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
                place = schema["items"] if isinstance(part, int) else schema.get("properties", {}).get(part)
                assert place is not None, (table.name, column.name)
                schema = place


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("company_history_data", "companies"),
        ("contact_history_data", "contacts"),
        ("conversation_part_history_data", "conversation_parts"),
        ("conversation_history_data", "conversations"),
    ],
)
def test_rows_recorded_from_real_workspaces_are_good_rows(file: str, table: str) -> None:
    path = BESIDE / f"data/fivetran_seeds/intercom/{file}.csv"
    if not path.exists():
        pytest.skip(
            "the recorded rows (../shared/data/fivetran_seeds/intercom) are not beside the repository"
        )
    declared = next(each for each in CONNECTOR.tables if each.name == table)
    with path.open(newline="") as lines:
        recorded = [{k: v or None for k, v in row.items()} for row in csv.DictReader(lines)]
    assert len(judged(declared, recorded)) == len({row["id"] for row in recorded})


def test_a_conversation_of_another_type_is_set_aside_with_the_reason_and_a_new_field_is_kept(
    serve: Serve,
) -> None:
    conversations = next(each for each in CONNECTOR.tables if each.name == "conversations")
    good = {"id": "1", "created_at": 1, "updated_at": 2, "sentiment": "glad", "source": None}
    judge = Judge(conversations, NOW.replace(tzinfo=None))
    judge.add([good, {**good, "id": "2", "state": {"now": "open"}}, "no row at all"])
    verdict = judge.verdict()
    judge.close()
    ((kept,), rejected) = (verdict.loaded.to_pylist(), verdict.rejected.to_pylist())
    assert json.loads(kept["extra"]) == {"sentiment": "glad"}
    assert {each["reason"].split(" ")[0] for each in rejected} == {"state", "the"}
