"""Scores where people work: only what changed, in batches, until it is acknowledged."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from sensors.acknowledged_scores import sync_totals
from sensors.channels.configuration import ChannelConfig, build_writers
from sensors.command_line import main
from sensors.delivery import DeliveryReport, deliver
from sensors.holds import hold, lift
from sensors.ledger import Enqueued, Ledger
from sensors.schema import rests
from sensors.sensor import systems_with_scores, what_is_needed
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Clock, Publish
from tests.sensors.test_crm_tasks import TIMEOUT, destinations
from tests.simulator.vendors.conftest import lived, serve  # noqa: F401 -- fixtures
from warehouse.home import Home

CRMS = ("hubspot", "salesforce")
WRITES = {"hubspot": "/crm/v3/objects/companies/batch/update", "salesforce": "*/composite/sobjects"}
FIELDS = [
    "Tierline_Health_Score__c", "Tierline_Health_Tier__c", "Tierline_Churn_Risk__c",
    "Tierline_Churn_Risk_Band__c", "Tierline_Health_As_Of__c",
]  # fmt: skip
Row = tuple[str, str, str, float | None, str, float | None, str | None]
Run = Callable[..., DeliveryReport]


@pytest.fixture
def server(serve: Any) -> VendorServer:  # noqa: F811
    running: VendorServer = serve(custom_fields={"salesforce": {"Account": FIELDS}})
    return running


@pytest.fixture
def show(publish: Publish) -> Callable[..., Path]:
    """A published snapshot that wants these attributes shown."""

    def show(rows: list[Row], as_of: date = date(2026, 11, 21)) -> Path:
        path = publish([])
        with duckdb.connect(str(path)) as connection:
            connection.execute(
                "create table actions.fct_account_attributes (account_id varchar, system varchar, external_id"
                " varchar, score double, tier varchar, risk double, risk_band varchar, as_of date)"
            )
            for row in rows:
                values = [*row, as_of]
                connection.execute(
                    "insert into actions.fct_account_attributes values (?, ?, ?, ?, ?, ?, ?, ?)", values
                )
        return path

    return show


@pytest.fixture
def run(ledger: Ledger, clock: Clock, server: VendorServer) -> Run:
    def run(snapshot: Path, config: ChannelConfig | None = None) -> DeliveryReport:
        writers = build_writers(config or destinations(server), now=clock)
        return deliver(ledger, snapshot, {}, now=clock, worker="test", sleep=clock.sleep, writers=writers)

    return run


def companies(server: VendorServer) -> list[str]:
    return [row["id"] for row in server.vendors["hubspot"].rows("companies")]


def accounts(server: VendorServer) -> list[str]:
    return [row["Id"] for row in server.vendors["salesforce"].records("Account")]


def shown(server: VendorServer, crm: str, number: str) -> dict[str, Any]:
    if crm == "hubspot":
        return dict(server.vendors["hubspot"].one("companies", number)["properties"])
    return dict(server.vendors["salesforce"].by_id("Account", number))


def all_rows(server: VendorServer, score: float | None = 61.25) -> list[Row]:
    return [
        (f"acc-{number}", crm, record, score, "at_risk", 0.31, "high")
        for crm, records in (("hubspot", companies(server)), ("salesforce", accounts(server)))
        for number, record in enumerate(records)
    ]


def test_every_account_shows_its_score_and_afterwards_only_changes_are_written(
    run: Run, show: Callable[..., Path], server: VendorServer
) -> None:
    rows = all_rows(server)
    report = run(show(rows))
    assert {crm: report.synced[crm].written for crm in CRMS} == {
        "hubspot": len(companies(server)), "salesforce": len(accounts(server)),
    }  # fmt: skip
    own = shown(server, "hubspot", companies(server)[0])
    assert (own["tierline_health_score"], own["tierline_health_tier"]) == ("61.25", "at_risk")
    assert (own["tierline_churn_risk"], own["tierline_churn_risk_band"]) == ("0.31", "high")
    assert own["tierline_health_as_of"] == "2026-11-21"
    own = shown(server, "salesforce", accounts(server)[0])
    assert [own[name] for name in FIELDS] == [61.25, "at_risk", 0.31, "high", "2026-11-21"]
    assert len(server.vendors["hubspot"].written.created("property")) == 5
    assert len(server.vendors["hubspot"].written.created("property group")) == 1

    # The next day one account of HubSpot has lost its score; nothing else moved.
    rows[0] = ("acc-0", "hubspot", companies(server)[0], None, "unknown", None, None)
    writes = {crm: server.vendors[crm].written.version for crm in CRMS}
    report = run(show(rows, date(2026, 11, 22)))
    assert (report.synced["hubspot"].written, report.synced["salesforce"].written) == (1, 0)
    assert server.vendors["hubspot"].written.version == writes["hubspot"] + 1
    assert server.vendors["salesforce"].written.version == writes["salesforce"]
    own = shown(server, "hubspot", companies(server)[0])
    assert (own["tierline_health_score"], own["tierline_health_tier"]) == ("", "unknown")
    assert own["tierline_health_as_of"] == "2026-11-22"


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "server_error_after", "rate_limit"])
def test_what_was_not_acknowledged_is_written_again(
    crm: str, kind: str, *, run: Run, show: Callable[..., Path], server: VendorServer, ledger: Ledger
) -> None:
    rows = [row for row in all_rows(server) if row[1] == crm]
    snapshot = show(rows)
    server.set_faults([Fault(crm, kind, path=WRITES[crm], seconds=TIMEOUT * 1.5)])
    failed = run(snapshot).synced[crm]
    assert (failed.written, failed.failed) == (0, len(rows)) and failed.error
    assert sync_totals(ledger)[crm] == (0, len(rows), None)

    assert run(snapshot).synced[crm].written == len(rows)
    assert sync_totals(ledger)[crm][:2] == (len(rows), 0)
    assert run(snapshot).synced[crm].unchanged == len(rows)


@pytest.mark.parametrize("crm", CRMS)
def test_a_record_that_is_gone_fails_alone(
    crm: str, *, run: Run, show: Callable[..., Path], server: VendorServer, ledger: Ledger
) -> None:
    rows = [row for row in all_rows(server) if row[1] == crm]
    gone = {"hubspot": "99999999999", "salesforce": "001000000000000AAA"}[crm]
    report = run(show([("acc-gone", crm, gone, 50.0, "declining", None, None), *rows])).synced[crm]
    assert (report.written, report.failed) == (len(rows), 1)
    assert gone in (report.error or "")


def test_a_missing_field_of_salesforce_is_named_and_nothing_is_written(
    run: Run,
    show: Callable[..., Path],
    serve: Any,  # noqa: F811
) -> None:
    bare = serve()
    rows = [row for row in all_rows(bare) if row[1] == "salesforce"]
    report = run(show(rows), destinations(bare)).synced["salesforce"]
    assert report.written == 0
    assert "Tierline_Churn_Risk_Band__c (Text(40))" in (report.error or "")


def test_what_people_hold_back_rests_or_only_test_is_not_written(
    run: Run, show: Callable[..., Path], server: VendorServer, ledger: Ledger, clock: Clock
) -> None:
    rows = all_rows(server)
    snapshot, now = show(rows), clock()
    hold(ledger, "account", "acc-0", now=now, who="ana", why="calls", until=None)
    hold(ledger, "channel", "salesforce", now=now, who="ana", why="audit", until=None)
    done = run(snapshot, replace(destinations(server), test_account="acc-1")).synced
    assert (done["hubspot"].written, done["hubspot"].kept_back) == (len(companies(server)) - 2, 2)
    assert (done["salesforce"].written, done["salesforce"].waits) == (0, "ana holds it back (audit)")
    assert "tierline_health_score" not in shown(server, "hubspot", companies(server)[0])
    assert "tierline_health_score" not in shown(server, "hubspot", companies(server)[1])
    assert sync_totals(ledger)["hubspot"][1] == 0, "what was not tried did not fail"

    lift(ledger, "account", "acc-0", now=now, who="ana", why="done")
    with ledger.writing() as connection:
        connection.execute(
            rests.insert().values(channel="hubspot", until=now + timedelta(hours=1), reason="503")
        )
    assert run(snapshot).synced["hubspot"].waits == "it rests (503)"
    clock.forward(hours=2)
    assert run(snapshot).synced["hubspot"].written == 2


def test_the_delivery_sensor_wants_scores_again_by_itself_and_ever_more_rarely(
    show: Callable[..., Path], server: VendorServer, *, home: Home, ledger: Ledger, clock: Clock
) -> None:
    config = destinations(server)
    rows = [row for row in all_rows(server) if row[1] == "hubspot"]
    snapshot = show(rows)

    def need() -> str | None:
        return what_is_needed(ledger, home, now=clock(), systems=systems_with_scores(config))[1]

    def run() -> Any:
        return deliver(
            ledger, snapshot, {}, now=clock, worker="w", sleep=clock.sleep, only_due_scores=True,
            writers=build_writers(config, now=clock),
        ).synced  # fmt: skip

    ledger.record_read(snapshot.stem, decisions=0, enqueued=Enqueued(0, 0), now=clock())
    assert need() == "scores due in hubspot, salesforce", "the process that read it died before it wrote them"
    server.set_faults([Fault("hubspot", "server_error", path=WRITES["hubspot"], times=3)])
    waits = []
    for _ in range(3):
        assert run()["hubspot"].failed == len(rows)
        assert need() is None and run() == {}, "it is not asked again at once"
        began = clock()
        while need() is None:
            clock.forward(seconds=5)
        waits.append(clock() - began)
        assert need() == "scores due in hubspot"
    assert timedelta(seconds=15) <= waits[0] < waits[2] < timedelta(minutes=3)
    assert run()["hubspot"].written == len(rows)
    clock.forward(days=2)
    assert need() is None and run() == {}

    snapshot = show(rows)
    ledger.record_read(snapshot.stem, decisions=0, enqueued=Enqueued(0, 0), now=clock())
    hold(ledger, "channel", "salesforce", now=clock(), who="ana", why="audit", until=None)
    assert need() == "scores due in hubspot", "what a person holds back is not asked for"


def test_a_failure_of_an_account_that_is_shown_no_more_is_over(
    run: Run, show: Callable[..., Path], server: VendorServer, ledger: Ledger
) -> None:
    gone = ("acc-gone", "hubspot", "99999999999", 50.0, "declining", None, None)
    rows = [row for row in all_rows(server) if row[1] == "hubspot"]
    run(show([gone, *rows]))
    assert sync_totals(ledger)["hubspot"][1] == 1
    run(show(rows))
    assert sync_totals(ledger)["hubspot"][1] == 0


def test_without_a_configured_system_nothing_is_done(
    run: Run, show: Callable[..., Path], server: VendorServer, ledger: Ledger
) -> None:
    assert run(show(all_rows(server)), ChannelConfig()).synced == {}
    assert sync_totals(ledger) == {}


def test_the_command_delivers_scores_and_status_counts_them(
    show: Callable[..., Path], server: VendorServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "HOME": str(home.root),
        "TO_HUBSPOT_ENABLED": "true",
        "TO_HUBSPOT_ACCESS_TOKEN": "simulated-hubspot",
        "TO_HUBSPOT_BASE_URL": server.url_of("hubspot"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"TIERLINE_{name}", value)
    show(all_rows(server))
    console = Console(record=True, width=200)
    assert main(["deliver"], console=console) == 0
    count = len(companies(server))
    told = console.export_text()
    assert f"scores in hubspot: {count} written, 0 unchanged" in told
    assert f"scores in hubspot: {count} accounts, last" in told
    assert "salesforce" not in told
