"""Zendesk: against the local server, the vendor's own description, and rows exported from real accounts."""

import copy
import csv
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest
import yaml

from assets.sources.api import ApiError, CredentialsRefusedError, GaveUpError, Table
from assets.sources.api.judging import Judge, Verdict
from assets.sources.command import main
from assets.sources.connector import Places, TableLoad
from assets.sources.zendesk import CONNECTOR, TABLES, Settings
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings as ServerSettings
from simulator.vendors.view import View

BESIDE = Path(__file__).parents[3] / "../shared"
SEEN_UNTIL, END = date(2026, 10, 20), date(2026, 10, 31)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
Serve = Callable[..., VendorServer]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Path]:
    """10 accounts over two months, eleven days before the end."""
    folder = tmp_path_factory.mktemp("lived_for_zendesk")
    company = Company(Scenario(end=END, accounts=10, csms=2, months=2, seed=7))
    View(company, folder).live(SEEN_UNTIL)
    return company, folder


@pytest.fixture
def server(lived: tuple[Company, Path], tmp_path: Path) -> Iterator[VendorServer]:
    company, folder = lived
    shutil.copytree(folder, tmp_path / "server")
    unlimited = ServerSettings.of({"limits": {"zendesk": {"requests": 0, "seconds": 1}}})
    with ExitStack() as running:
        yield running.enter_context(VendorServer(copy.deepcopy(company), tmp_path / "server", unlimited))


def settings_of(server: VendorServer, **given: Any) -> Settings:
    plain = {"email": "admin@vendor.example", "api_token": "simulated-zendesk", "page_size": 25}
    quick = {"backoff_seconds": 0.01, "timeout_seconds": 1.0, "max_attempts": 3}
    return Settings(base_url=server.url_of("zendesk"), **{**plain, **quick, **given})


def load(settings: Settings, folder: Path) -> dict[str, TableLoad]:
    places = Places(folder / "dlt", folder / "quarantine")
    loads = CONNECTOR.load(
        folder / "warehouse.duckdb", settings, places=places, now=NOW, tell=lambda message: None
    )
    return {each.table: each for each in loads}


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def held(server: VendorServer) -> dict[str, int]:
    """How many of each Zendesk holds."""
    desk: Any = server.vendors["zendesk"]
    moments = [desk._objects.moments(row) for row in server.view.rows("tickets")]
    return {
        "organizations": len(server.view.rows("accounts")),
        "tickets": len(moments),
        "ticket_comments": sum(bool(each.comment) for happened in moments for each in happened),
        "users": len(desk._objects.users("")),
    }


def standing(folder: Path) -> dict[str, int]:
    queries = {
        "organizations": "raw_zendesk.organizations where _dlt_valid_to is null",
        "tickets": "raw_zendesk.tickets where _dlt_valid_to is null",
        "ticket_comments": "raw_zendesk.ticket_comments",
        "users": "raw_zendesk.users",
    }
    return {name: ask(folder, f"select count(*) from {query}")[0][0] for name, query in queries.items()}


def first_human_responses(folder: Path) -> set[datetime]:
    found = ask(
        folder,
        "select min(comments.created_at) from raw_zendesk.ticket_comments as comments"
        " join raw_zendesk.users as users on users.id = comments.author_id"
        " where is_public and role = 'agent' and users.name <> 'Answer Bot' group by ticket_id",
    )
    return {moment for (moment,) in found}


def test_a_load_holds_what_zendesk_holds_and_the_next_only_what_changed(
    server: VendorServer, tmp_path: Path
) -> None:
    settings = settings_of(server)
    server.set_faults([Fault("zendesk", "server_error", path="*/users/cursor*", skip=2, times=3)])
    with pytest.raises(GaveUpError, match=r"users/cursor\.json: it answered 5"):
        load(settings, tmp_path)
    assert standing(tmp_path)["users"] == 50, "what came before it failed is kept"
    server.set_faults(
        [
            Fault("zendesk", "rate_limit", path="*/organizations*", retry_after=0),
            Fault("zendesk", "truncated_body", path="*/ticket_events*"),
            Fault("zendesk", "duplicated_page", path="*/users/cursor*"),
            Fault("zendesk", "duplicated_page", path="*/ticket_metric_events*"),
            Fault("zendesk", "rows_change", path="*/tickets/cursor*"),
        ]
    )
    load(settings, tmp_path)
    load(settings, tmp_path)
    assert standing(tmp_path) == held(server)
    assert first_human_responses(tmp_path) == {
        row["first_human_response_at"].replace(tzinfo=None, microsecond=0)
        for row in server.view.rows("tickets")
        if row["first_human_response_at"]
    }
    accounted = (
        "select bool_and(rows_in = rows_loaded + rows_duplicate + rows_quarantined), sum(rows_quarantined)"
    )
    assert ask(tmp_path, f"{accounted} from raw_tierline.loads") == [(True, 0)]

    asked = len(server.journal.requests("zendesk"))
    again = load(settings, tmp_path)
    assert sum(each.rows_loaded for each in again.values()) == 0
    assert len(server.journal.requests("zendesk")) == asked + len(CONNECTOR.streams(settings))

    seen_until = server.view.now.date() - timedelta(days=1)
    server.advance(6)
    later = load(settings, tmp_path)
    assert standing(tmp_path) == held(server)
    changed = [row for row in server.view.rows("tickets") if row["updated_at"].date() > seen_until]
    assert later["tickets"].rows_loaded == len(changed) > 0
    versions = "select count(*) from raw_zendesk.tickets where _dlt_valid_to is not null"
    assert ask(tmp_path, versions)[0][0] > 0, "a ticket that changed keeps the version it had"


def test_the_command_line_says_what_is_there_and_what_is_wrong(
    server: VendorServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(CONNECTOR, arguments)
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out + shown.err

    monkeypatch.setenv("TIERLINE_ZENDESK_BASE_URL", server.url_of("zendesk"))
    code, shown = run("--check")
    assert (code, "give email and api_token, or oauth_token" in shown) == (2, True)
    monkeypatch.setenv("TIERLINE_ZENDESK_OAUTH_TOKEN", "not-this-one")
    code, shown = run("--check")
    assert code == 1
    assert "correct TIERLINE_ZENDESK_API_TOKEN and TIERLINE_ZENDESK_OAUTH_TOKEN" in shown
    assert "not-this-one" not in shown
    monkeypatch.setenv("TIERLINE_ZENDESK_OAUTH_TOKEN", "simulated-zendesk")
    code, shown = run("--check")
    assert (code, shown.count("ok ")) == (0, 6)
    code, shown = run("--sample", "--table", "tickets", "--rows", "2")
    assert (code, shown.count("requester_id")) == (0, 2)
    assert run("--sample", "--table", "tickts")[0] == 2
    assert not list(tmp_path.glob("*.duckdb")), "nothing is loaded"


def test_wrong_credentials_stop_at_the_first_request(server: VendorServer, tmp_path: Path) -> None:
    with pytest.raises(CredentialsRefusedError, match="TIERLINE_ZENDESK_API_TOKEN") as raised:
        load(settings_of(server, api_token="simulated-wrong"), tmp_path)
    assert "simulated-wrong" not in str(raised.value)
    assert len(server.journal.requests("zendesk")) == 1


def judged(table: Table, payloads: list[Any]) -> Verdict:
    judge = Judge(table, NOW.replace(tzinfo=None))
    judge.add(payloads)
    verdict = judge.verdict()
    judge.close()
    return verdict


@cache
def description() -> dict[str, Any]:
    file = BESIDE / "reference/zendesk/zendesk-support-oas.yaml"
    if not file.exists():
        pytest.skip("Zendesk's description (../shared/reference/zendesk) is not beside the repository")
    document: dict[str, Any] = yaml.load(file.read_text(), yaml.CSafeLoader)
    return document


SCHEMAS = {
    "organizations": ("OrganizationObject", {"deleted_at"}),
    "users": ("UserObject", set()),
    "tickets": ("TicketObject", set()),
    "ticket_fields": ("TicketFieldObject", set()),
    "ticket_metric_events": ("TicketMetricEventBaseObject", set()),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_are_fields_of_zendesks_description_and_its_examples_load(name: str) -> None:
    schemas = description()["components"]["schemas"]
    schema_name, undescribed = SCHEMAS[name]
    table = next(table for table in TABLES if table.name == name)
    fields = _properties(schemas, schemas[schema_name])
    assert {column.path[0] for column in table.columns} - undescribed <= set(fields)
    examples = list(_objects(description()["components"].get("examples", {}), _required(table)))
    verdict = judged(table, examples)
    assert verdict.counts.rows_quarantined == 0, verdict.rejected["reason"].to_pylist()
    assert verdict.counts.rows_in > 0


def _required(table: Table) -> set[str]:
    return {str(column.path[0]) for column in table.columns if column.is_required}


def _properties(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _properties(schemas, schemas[schema["$ref"].rsplit("/", 1)[1]])
    found = dict(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
        found |= _properties(schemas, part)
    return found


def _objects(value: Any, fields: set[str]) -> Iterator[Any]:
    """Objects anywhere in the examples that have all these fields."""
    if isinstance(value, dict):
        if all(value.get(field) is not None for field in fields):
            yield value
        for each in value.values():
            yield from _objects(each, fields)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each, fields)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("ticket_data.csv", "tickets"),
        ("user_data.csv", "users"),
        ("organization_data.csv", "organizations"),
        ("ticket_comment_data.csv", "ticket_comments"),
    ],
)
def test_rows_of_real_accounts_load(file: str, name: str) -> None:
    path = BESIDE / "data/fivetran_seeds/zendesk" / file
    if not path.exists():
        pytest.skip("the exported rows (../shared/data/fivetran_seeds/zendesk) are not beside the repository")
    with path.open(newline="") as lines:
        rows = [_as_sent(row) for row in csv.DictReader(lines)]
    table = next(table for table in TABLES if table.name == name)
    verdict = judged(table, rows)
    assert verdict.counts.rows_quarantined == 0, verdict.rejected["reason"].to_pylist()
    assert verdict.counts.rows_in == len(rows) > 0


def _as_sent(row: dict[str, str]) -> dict[str, Any]:
    """The export's own names put back, its empty cells as nulls."""
    names = {"created": "created_at", "user_id": "author_id", "public": "is_public"}
    sent: dict[str, Any] = {names.get(name, name): value or None for name, value in row.items()}
    sent["via"] = {"channel": sent.pop("via_channel", None)}
    return sent


@pytest.mark.parametrize("answer", [b'{"error": {"message": "no access"}}', b'"no access"', b"[]", b"null"])
def test_an_answer_without_rows_is_told_plainly_for_each_stream(answer: bytes, tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings = Settings(base_url=address, email="a@x.example", api_token="simulated-zendesk")
    told: list[str] = []
    try:
        with pytest.raises(ApiError):
            CONNECTOR.load(
                tmp_path / "warehouse.duckdb",
                settings,
                places=Places(tmp_path / "dlt", tmp_path / "quarantine"),
                now=NOW,
                tell=told.append,
            )
    finally:
        server.shutdown()
        server.server_close()
    for stream in ("organizations", "users", "tickets", "ticket_comments", "ticket_metric_events"):
        (words,) = [each for each in told if each.startswith(f"{stream}: ")]
        assert "zendesk answered without a list of" in words
