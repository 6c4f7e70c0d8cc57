"""Salesforce: whole loads from the simulated org, its ways of failing, and answers that a real org gave."""

import csv
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from crm_world import NOW, Crm
from pydantic import ValidationError

from assets.sources.api.errors import CredentialsRefusedError, GaveUpError, RequestRefusedError
from assets.sources.api.judging import Judge
from assets.sources.api.streams import Reading
from assets.sources.connector import TableLoad
from assets.sources.crm.salesforce_objects import OBJECTS
from assets.sources.crm.salesforce_org import Settings
from assets.sources.salesforce import CONNECTOR
from simulator.company import Company
from simulator.vendors.faults import Fault

KINDS = {
    "users": "User", "accounts": "Account", "contacts": "Contact", "opportunities": "Opportunity",
    "tasks": "Task", "events": "Event", "cases": "Case", "opportunity_history": "OpportunityHistory",
    "opportunity_field_history": "OpportunityFieldHistory",
}  # fmt: skip
SHARED = Path(__file__).parents[4] / "shared/data"
RECORDED, SEEDS = SHARED / "salesforce_recorded", SHARED / "fivetran_seeds/salesforce"
FAULTS = [
    Fault("salesforce", "server_error", path="*/query/*", skip=1, status=401),
    Fault("salesforce", "rate_limit", path="*/queryAll", skip=1, retry_after=0),
    Fault("salesforce", "server_error", path="*/queryAll", skip=3),
    Fault("salesforce", "truncated_body", path="*/queryAll", skip=4),
    Fault("salesforce", "duplicated_page", path="*/query/*", skip=4),
    Fault("salesforce", "timeout_after", path="*/describe", skip=2, seconds=0.6),
]
Loads = dict[str, TableLoad]


@pytest.fixture(scope="module")
def org(
    lived: tuple[Company, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Crm, list[Loads]]]:
    """Loaded through all faults, and again after a day in which people also typed and deleted."""
    crm = Crm.open("salesforce", lived, tmp_path_factory.mktemp("org"), page_most={"salesforce": 20})
    with crm.server:
        crm.server.set_faults(FAULTS)
        first = crm.load()
        crm.server.set_faults(())
        crm.server.advance()
        data = "/services/data/v66.0/sobjects"
        contacts = [number for number, row in crm.held("Contact").items() if not row["IsDeleted"]]
        whole, odd, touched, *others = crm.held("Account")
        opportunity = next(number for number, row in crm.held("Opportunity").items() if not row["IsClosed"])
        crm.write("DELETE", f"{data}/Contact/{contacts[0]}")
        crm.write("PATCH", f"{data}/Account/{others[-1]}", json={"MasterRecordId": others[-2]})
        crm.write("DELETE", f"{data}/Account/{others[-1]}")
        crm.write("PATCH", f"{data}/Account/{whole}", json={"Plan__c": "platinum"})
        crm.write("PATCH", f"{data}/Account/{odd}", json={"ARR__c": "a lot"})
        crm.write("PATCH", f"{data}/Account/{touched}", json={"Health_Score__c": 71.5})
        crm.write(
            "PATCH", f"{data}/Opportunity/{opportunity}", json={"StageName": "verbal", "Amount": 4321.0}
        )
        yield crm, [first, crm.load()]


def test_a_first_load_through_every_fault_holds_what_the_org_holds(org: tuple[Crm, list[Loads]]) -> None:
    crm, (first, _) = org
    for table, kind in KINDS.items():
        assert {i for (i,) in crm.rows(f"select id from raw_salesforce.{table}")} == set(crm.held(kind)), (
            table
        )
    assert all(each.rows_in == each.rows_loaded + each.rows_duplicate for each in first.values())
    assert first["tasks"].rows_duplicate == 20
    assert first["accounts"].rows_loaded == len(crm.held("Account"))
    faults = [each for each in crm.server.journal.requests("salesforce") if each.fault]
    assert len(faults) == len(FAULTS)


def test_fields_of_the_org_fill_the_columns_and_the_others_are_kept(org: tuple[Crm, list[Loads]]) -> None:
    crm, _ = org
    by_id = crm.held("Account")
    rows = crm.rows("""
        select id, product_account_id, arr, renewal_on::varchar, status, owner_id, csm_id, configuration, extra
        from raw_salesforce.accounts where _dlt_valid_to is null and plan <> 'platinum'
    """)
    for number, account, arr, renewal, status, owner, csm, configuration, extra in rows:
        held = by_id[number]
        assert (account, renewal) == (held["External_Account_Id__c"], held["Renewal_Date__c"])
        assert (status, owner, csm) == (held["Type"], held["OwnerId"], held["OwnerId"])
        assert arr == held["ARR__c"] or held["ARR__c"] == "a lot"
        assert configuration == held["Configuration__c"]
        assert json.loads(extra) == {"Time_Zone__c": held["Time_Zone__c"]}


def test_the_next_load_takes_in_what_changed_and_no_more(org: tuple[Crm, list[Loads]]) -> None:
    crm, (_, changed) = org
    lived = sum(row["CreatedDate"] >= "2026-10-21" for row in crm.held("Task").values())
    assert lived > 0
    # those at the last moment known come again, and are known
    assert changed["tasks"].rows_loaded == lived
    assert changed["tasks"].rows_in - lived == changed["tasks"].rows_duplicate < 5


def test_changes_and_deletions_become_versions_and_a_touch_does_not(org: tuple[Crm, list[Loads]]) -> None:
    crm, (_, changed) = org
    versions = crm.rows("""
        select plan, _dlt_valid_to is null from raw_salesforce.accounts
        where id in (select id from raw_salesforce.accounts where plan = 'platinum') order by _dlt_valid_from
    """)
    assert [is_open for _, is_open in versions] == [False, True]
    assert versions[0][0] != "platinum"
    deleted = [number for number, row in crm.held("Contact").items() if row["IsDeleted"]]
    gone = crm.rows("select id from raw_salesforce.contacts where is_deleted and _dlt_valid_to is null")
    assert {number for (number,) in gone} == set(deleted)
    (touched,) = [number for number, row in crm.held("Account").items() if row["Health_Score__c"]]
    assert crm.rows(f"select count(*) from raw_salesforce.accounts where id = '{touched}'") == [(1,)]
    assert changed["accounts"].rows_duplicate >= 1


def test_an_account_that_was_merged_away_names_the_one_that_stands(org: tuple[Crm, list[Loads]]) -> None:
    crm, _ = org
    *_, stands, gone = crm.held("Account")
    assert crm.rows(
        "select id, is_deleted, master_record_id from raw_salesforce.accounts"
        " where _dlt_valid_to is null and master_record_id <> ''"
    ) == [(gone, True, stands)]


def test_what_an_opportunity_was_at_any_moment_can_be_rebuilt_from_its_history(
    org: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = org
    rebuilt = """
        select version.stage_name, version.amount, arg_max(history.stage_name, history.created_date),
            arg_max(history.amount, history.created_date)
        from raw_salesforce.opportunities as version
        join raw_salesforce.opportunity_history as history on history.opportunity_id = version.id
            and history.created_date <= version.last_modified_date
        group by version.id, version._dlt_valid_from, version.stage_name, version.amount
    """
    rows = crm.rows(rebuilt)
    assert len(rows) == crm.rows("select count(*) from raw_salesforce.opportunities")[0][0]
    assert [row for row in rows if row[:2] != row[2:]] == []
    assert {"qualification", "closed_won", "verbal"} <= {stage for stage, *_ in rows}
    # the fields' own history tells the same steps
    steps = crm.rows("""
        select new_value, lag(new_value) over (partition by opportunity_id order by created_date), old_value
        from raw_salesforce.opportunity_field_history where field = 'StageName'
    """)
    assert all(before in (None, old) for _, before, old in steps)
    written = crm.rows("""
        select old_value is not null, new_value from raw_salesforce.opportunity_field_history
        where field = 'Amount'
    """)
    assert written == [(True, "4321.0")]


def test_cases_tell_who_wrote_when_and_what_became_of_it(org: tuple[Crm, list[Loads]]) -> None:
    crm, _ = org
    own = {row["ticket_id"]: row for row in crm.server.view.rows("tickets")}
    rows = crm.rows(
        "select id, account_id, contact_id, supplied_email, is_closed, csat, closed_date from raw_salesforce.cases"
    )
    accounts, contacts = crm.held("Account"), crm.held("Contact")
    for number, account, contact, email, is_closed, csat, closed_at in rows:
        ticket = own[str(crm.server.identities.key("salesforce", "Case", number))]
        assert (email, is_closed, csat) == (
            ticket["requester_email"],
            ticket["status"] == "solved",
            ticket["csat"],
        )
        assert closed_at == (ticket["solved_at"].replace(tzinfo=None) if is_closed else None)
        assert account is None or account in accounts
        assert contact is None or contacts[contact]["AccountId"] == account
    assert len(rows) == len(own) > 10
    assert any(contact for _, _, contact, *_ in rows)


def test_a_changed_type_is_set_aside_with_its_reason(org: tuple[Crm, list[Loads]]) -> None:
    crm, (_, changed) = org
    assert changed["accounts"].rows_quarantined == 1
    ((table, reason),) = crm.rows("select source_table, reason from raw_salesforce._quarantine")
    assert (table, reason) == ("accounts", "arr 'a lot' is not a number")


def test_a_reading_cut_anywhere_goes_on_behind_its_last_row_even_within_one_moment(
    org: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = org
    # both users have the same SystemModstamp
    whole, _ = crm.read("users")
    assert len({row["SystemModstamp"] for row in whole}) == 1
    rest, done = crm.read("users", {"stamp": whole[0]["SystemModstamp"], "id": whole[0]["Id"]})
    assert [row["Id"] for row in rest] == [row["Id"] for row in whole[1:]]
    assert "id" not in done
    first, cursor = crm.read("tasks", pages=2)
    following, _ = crm.read("tasks", cursor)
    assert [row["Id"] for row in (*first, *following)] == [row["Id"] for row in crm.read("tasks")[0]]


def test_a_result_the_org_no_longer_keeps_is_asked_again_from_its_last_row(
    org: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = org
    stream = next(each for each in CONNECTOR.streams(crm.settings()) if each.name == "tasks")
    pages = stream.read(Reading(None, NOW, crm.told.append))
    rows = list(next(pages).rows["tasks"])
    crm.server.vendors["salesforce"]._cursors.clear()  # type: ignore[attr-defined]
    rows += [row for page in pages for row in page.rows.get("tasks", [])]
    assert len(rows) == len({row["Id"] for row in rows}) == len(crm.held("Task"))
    assert "tasks: the query is asked again from its last row on" in crm.told


def test_check_names_what_an_org_lacks_and_fails_on_what_a_person_asked_for(
    org: tuple[Crm, list[Loads]],
) -> None:
    crm, _ = org
    found = {each.subject: each for each in CONNECTOR.check(crm.settings())}
    assert all(each.is_fine for each in found.values())
    assert "Case is readable" in found["cases"].detail
    assert "Minutes__c" in found["tasks"].detail
    asked = CONNECTOR.check(crm.settings(fields={"accounts": {"arr": "Yearly__c"}}))
    (missing,) = [each for each in asked if not each.is_fine]
    assert missing.subject == "accounts"
    assert "Yearly__c" in missing.detail
    with pytest.raises(ValidationError, match=r"accounts\.arrr is no column"):
        crm.settings(fields={"accounts": {"arrr": "ARR__c"}})


def test_wrong_credentials_are_named_without_showing_them(org: tuple[Crm, list[Loads]]) -> None:
    crm, _ = org
    with pytest.raises(CredentialsRefusedError, match="TIERLINE_SALESFORCE_CLIENT_ID") as refused:
        crm.read("accounts", client_secret="guessed-secret")
    assert "guessed-secret" not in str(refused.value)
    with pytest.raises(CredentialsRefusedError, match="does not accept"):
        crm.read("accounts", client_secret=None, client_id="", access_token="00Dold!session")


def test_an_exhausted_org_stops_the_load_with_words(org: tuple[Crm, list[Loads]]) -> None:
    crm, _ = org
    crm.server.set_faults([Fault("salesforce", "rate_limit", path="*/queryAll", times=0, retry_after=3600)])
    with pytest.raises(GaveUpError, match="3600 seconds"):
        crm.read("accounts")
    crm.server.set_faults(())


# --- answers that a real org gave ---------------------------------------------------------------------------

Answers = Callable[[str], tuple[int, str]]


@pytest.fixture
def replay() -> Iterator[Callable[[Answers], Settings]]:
    """A server that answers each path with recorded content; the org's own address becomes the server's."""
    if not RECORDED.exists():
        pytest.skip("the recorded answers (../shared/data/salesforce_recorded) are not beside the repository")
    running: list[ThreadingHTTPServer] = []

    def start(answers: Answers) -> Settings:
        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, name = answers(self.path.partition("?")[0])
                content = (RECORDED / name).read_bytes()
                content = content.replace(b"https://na1.salesforce.com", url.encode())
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _serve  # noqa: N815 -- the handler's own names

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        running.append(server)
        return Settings(base_url=url, client_id="app", client_secret="recorded", backoff_seconds=0)  # type: ignore[arg-type]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def _recorded(path: str) -> tuple[int, str]:
    if path.endswith("/token"):
        return 200, "auth_success_response.json"
    if path.endswith("/describe"):
        return 200, "sobject__sobject_describe_success_response.json"
    if path.endswith("/query/01gD"):
        return 200, "sobject__query_paginated_last_page_response.json"
    return 200, "sobject__query_paginated_first_page_response.json"


def _sampled(settings: Settings) -> tuple[list[Any], list[str]]:
    told: list[str] = []
    (found,) = CONNECTOR.sample(settings, ["accounts"], 5, now=NOW, tell=told.append)
    return found[1], told


def test_recorded_pages_are_followed_and_rows_without_id_are_set_aside(
    replay: Callable[[Answers], Settings],
) -> None:
    rows, told = _sampled(replay(_recorded))
    assert rows == []
    assert len(told) == 2
    assert all("id is missing" in each for each in told)


def test_recorded_fields_are_asked_for_as_described(replay: Callable[[Answers], Settings]) -> None:
    (finding,) = [each for each in CONNECTOR.check(replay(_recorded)) if each.subject == "accounts"]
    assert finding.is_fine
    assert "NumberOfEmployees" in finding.detail
    assert "SystemModstamp" not in finding.detail.partition("not there")[2]


def test_recorded_refusals_are_named(replay: Callable[[Answers], Settings]) -> None:
    def denied(path: str) -> tuple[int, str]:
        return (400, "auth_error_response.json") if path.endswith("/token") else _recorded(path)

    with pytest.raises(CredentialsRefusedError, match="Invalid Password"):
        _sampled(replay(denied))

    def invalid(path: str) -> tuple[int, str]:
        return (400, "sobject__query_error_response.json") if path.endswith("/queryAll") else _recorded(path)

    with pytest.raises(RequestRefusedError, match="error_message"):
        _sampled(replay(invalid))


def test_a_recorded_expired_session_is_renewed_once(replay: Callable[[Answers], Settings]) -> None:
    asked: list[str] = []

    def expiring(path: str) -> tuple[int, str]:
        asked.append(path.rpartition("/")[2])
        if path.endswith("/token"):
            return 200, "reauth_success_response.json"
        return (401, "expired_session_response.json") if asked.count("describe") == 1 else _recorded(path)

    _sampled(replay(expiring))
    assert asked[:4] == ["token", "describe", "token", "describe"]


@pytest.mark.skipif(
    not SEEDS.exists(),
    reason="the exported tables (../shared/data/fivetran_seeds) are not beside the repository",
)
@pytest.mark.parametrize("table", ["accounts", "opportunities", "events"])
def test_odd_values_of_exported_orgs_are_read_or_set_aside(table: str) -> None:
    singular = {"opportunities": "opportunity"}.get(table, table.removesuffix("s"))
    sobject = next(each for each in OBJECTS if each.table_name == table)
    names = {name.casefold(): name for name in sobject.own_fields}
    with (SEEDS / f"sf_{singular}_data.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = [
            {names.get(n.replace("_", ""), n): v or None for n, v in row.items()}
            for row in csv.DictReader(file)
        ]
    judge = Judge(sobject.table, NOW.replace(tzinfo=None))
    judge.add(exported)
    verdict = judge.verdict()
    judge.close()
    counts = verdict.counts
    assert counts.rows_in == len(exported) > 0
    assert counts.rows_in == counts.rows_loaded + counts.rows_duplicate + counts.rows_quarantined
    assert counts.rows_loaded >= len({row["Id"] for row in exported}) - counts.rows_quarantined
    reasons = verdict.rejected["reason"].to_pylist()
    assert all("is not" in reason or "is missing" in reason for reason in reasons)
