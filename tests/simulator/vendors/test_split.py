"""A company split between its vendors: each thing stands once, and nothing is lost between them."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import httpx
import polars as pl
import pytest

from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.split import SplitError
from tests.simulator.vendors.conftest import Serve


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    server = serve(split="one_of_each")
    server.advance()
    return server


def _shown(server: VendorServer, table: str, vendors: Iterable[str], key: str) -> Counter[str]:
    return Counter(row[key] for vendor in vendors for row in server.vendors[vendor].view.rows(table))


@pytest.mark.parametrize(
    ("table", "vendors", "key"),
    [
        ("accounts", ("salesforce", "hubspot"), "account_id"),
        ("users", ("salesforce", "hubspot"), "user_id"),
        ("opportunities", ("salesforce", "hubspot"), "opportunity_id"),
        ("csm_activities", ("salesforce", "hubspot"), "activity_id"),
        ("accounts", ("zendesk", "intercom"), "account_id"),
        ("tickets", ("zendesk", "intercom", "salesforce", "hubspot"), "ticket_id"),
        ("ai_conversations", ("zipchat",), "conversation_id"),
        ("survey_responses", ("delighted", "pendo"), "response_id"),
        ("code_changes", ("github", "gitlab", "bitbucket"), "commit_sha"),
    ],
)
def test_each_row_stands_at_one_vendor(
    server: VendorServer, table: str, vendors: tuple[str, ...], key: str
) -> None:
    known = [vendor for vendor in vendors if vendor in server.vendors]
    assert _shown(server, table, known, key) == Counter(row[key] for row in server.view.rows(table))
    if table == "accounts":  # the shares are not nothing and everything
        assert all(server.vendors[vendor].view.rows(table) for vendor in vendors)


def test_each_event_stands_in_mixpanel_or_in_segments_archive(server: VendorServer) -> None:
    own = Counter(pl.read_ipc(server.view.folder / "usage" / "*.arrow")["event_id"])
    files = (server.view.folder / "segment-logs").glob("*/*/*.gz")
    calls = [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]
    seen = Counter(each["messageId"] for each in calls if each["type"] in ("track", "page", "screen"))
    asked = {"from_date": str(server.view.first_day), "to_date": str(server.view.today)}
    answer = httpx.get(
        server.url_of("mixpanel") + "/api/2.0/export", params=asked, auth=("simulated-mixpanel", "")
    )
    exported = [json.loads(line)["properties"]["$insert_id"] for line in answer.text.splitlines()]
    assert exported
    assert seen
    assert seen + Counter(exported) == own


def test_a_crm_that_is_the_desk_shows_its_tickets_and_names_who_stands_in_it(serve: Serve) -> None:
    server = serve(split={"tickets": {"salesforce": 0.5, "hubspot": 0.5}})
    crm: dict[str, Any] = {name: server.vendors[name] for name in ("salesforce", "hubspot")}
    cases, tickets = crm["salesforce"].records("Case"), crm["hubspot"].rows("tickets")
    shown = [("salesforce", "Case", row["Id"]) for row in cases]
    shown += [("hubspot", "tickets", row["id"]) for row in tickets]
    keys = Counter(server.identities.key(*each) for each in shown)
    assert keys == Counter(row["ticket_id"] for row in server.view.rows("tickets"))
    assert cases
    assert tickets
    known = {row["Id"] for row in crm["salesforce"].records("Account")}
    assert {row["AccountId"] for row in cases if row["AccountId"]} <= known
    assert any(row["AccountId"] for row in cases)
    people = {row["id"] for row in crm["hubspot"].rows("contacts")}
    assert {row["_contact"] for row in tickets if row["_contact"]} <= people
    assert not server.vendors["zendesk"].view.rows("tickets")


def test_a_group_of_accounts_is_not_torn_apart(serve: Serve) -> None:
    server = serve(split={"accounts": {"salesforce": 0.5, "hubspot": 0.5}})
    for row in server.view.rows("accounts"):
        row["parent_account_id"] = "acc_00001" if row["account_id"] != "acc_00001" else None
    sizes = sorted(len(server.vendors[name].view.rows("accounts")) for name in ("salesforce", "hubspot"))
    assert sizes == [0, len(server.view.rows("accounts"))]


def test_intercom_does_not_claim_conversations_that_stand_elsewhere(serve: Serve) -> None:
    def claimed(**settings: Any) -> list[bool]:
        intercom = serve(**settings).vendors["intercom"]
        return [row["ai_agent_participated"] for row in intercom._made("conversations")]

    assert any(claimed(split={"tickets": {"intercom": 1.0}, "ai_conversations": {"intercom": 1.0}}))
    assert not any(claimed(split={"tickets": {"intercom": 1.0}}))


def test_a_vendor_that_can_not_show_a_thing_is_refused() -> None:
    with pytest.raises(SplitError, match="'zendesk' does not show accounts"):
        Settings.of({"split": {"accounts": {"zendesk": 1.0}}})
    with pytest.raises(SplitError, match="'invoices' can't be split"):
        Settings.of({"split": {"invoices": {"zendesk": 1.0}}})
