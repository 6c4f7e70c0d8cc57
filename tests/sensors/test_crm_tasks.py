"""Tasks in HubSpot and Salesforce, against the simulated vendors with their faults."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sensors.channels.channel import MessageKind
from sensors.channels.configuration import (
    ChannelConfig,
    HubspotDestination,
    SalesforceDestination,
    build_channels,
)
from sensors.channels.hubspot import SEARCH_LAG_SECONDS, HubspotTasks
from sensors.channels.hubspot_api import HubspotApi
from sensors.claims import claim, head
from sensors.delivery import DeliveryReport, deliver, enqueue_decisions
from sensors.ledger import Ledger
from sensors.rendering import Renderer
from sensors.states import State
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Clock, Publish, decision
from tests.simulator.vendors.conftest import (
    lived,  # noqa: F401 -- a fixture
    serve,  # noqa: F401 -- a fixture
)
from warehouse.home import Home

CRMS = ("hubspot", "salesforce")
PATHS = {
    "hubspot": "/crm/v3/objects/tasks",
    "salesforce": "/services/data/v66.0/sobjects/Task",
}
TIMEOUT = 1.0
Run = Callable[..., DeliveryReport]


def destinations(server: VendorServer, **changes: Any) -> ChannelConfig:
    hubspot = {
        "access_token": "simulated-hubspot",
        "base_url": server.url_of("hubspot"),
        "timeout_seconds": TIMEOUT,
    }
    salesforce = {
        "base_url": server.url_of("salesforce"),
        "client_id": "tierline",
        "client_secret": "simulated-salesforce",
        "timeout_seconds": TIMEOUT,
    }
    return ChannelConfig(
        hubspot=HubspotDestination(**{**hubspot, **changes.get("hubspot", {})}),
        salesforce=SalesforceDestination(**{**salesforce, **changes.get("salesforce", {})}),
    )


@pytest.fixture
def server(serve: Any) -> VendorServer:  # noqa: F811
    running: VendorServer = serve(custom_fields={"salesforce": {"Task": ["Tierline_Action_Id__c"]}})
    return running


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, server: VendorServer) -> Run:
    def run(snapshot: Any = None, config: ChannelConfig | None = None) -> DeliveryReport:
        channels = build_channels(config or destinations(server), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


def account_of(server: VendorServer, crm: str) -> tuple[str, str]:
    """A company's record, and the address of its owner."""
    if crm == "hubspot":
        row = server.vendors["hubspot"].rows("companies")[0]
        owner = row["properties"]["hubspot_owner_id"]
        owners = server.vendors["hubspot"].objects.owners()
        return row["id"], next(each["email"] for each in owners if each["id"] == owner)
    row = server.vendors["salesforce"].records("Account")[0]
    return row["Id"], server.vendors["salesforce"].by_id("User", row["OwnerId"])["Email"]


def tasks(server: VendorServer, crm: str) -> list[dict[str, Any]]:
    """What was written there."""
    kind = {"hubspot": "tasks", "salesforce": "Task"}[crm]
    rows = server.vendors[crm].written.created(kind)
    return [row["properties"] if crm == "hubspot" else row for row in rows]


def task_decision(server: VendorServer, crm: str, action_id: str = "act-1", **changes: Any) -> dict[str, Any]:
    record, owner = account_of(server, crm)
    facts = {"crm_record_id": record, "account_name": "Smith & <b>Sons</b>"} | changes.pop("facts", {})
    return decision(action_id, "at_risk_review", channel=crm, **({"recipient": owner} | changes), facts=facts)


def test_the_owner_gets_a_task_on_the_companys_record(
    run: Run, publish: Publish, server: VendorServer
) -> None:
    run(publish([task_decision(server, crm, f"act-{crm}") for crm in CRMS]))

    (task,), company = tasks(server, "hubspot"), server.vendors["hubspot"].rows("companies")[0]
    assert task["hubspot_owner_id"] == company["properties"]["hubspot_owner_id"]
    assert task["tierline_action_id"] == "act-hubspot"
    assert task["hs_timestamp"].startswith("2026-11-23T09:00")
    assert "Smith &amp; &lt;b&gt;Sons&lt;/b&gt;" in task["hs_task_body"]
    assert server.vendors["hubspot"].written.created("association")[0]["companies"] == company["id"]
    (declared,) = server.vendors["hubspot"].written.created("property")
    assert declared["name"] == "tierline_action_id" and declared["hasUniqueValue"]

    (task,), account = tasks(server, "salesforce"), server.vendors["salesforce"].records("Account")[0]
    assert (task["WhatId"], task["OwnerId"]) == (account["Id"], account["OwnerId"])
    assert (task["Tierline_Action_Id__c"], task["ActivityDate"]) == ("act-salesforce", "2026-11-23")
    assert "Smith & <b>Sons</b>" in task["Description"] and "What to do" in task["Description"]


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "server_error_after", "truncated_body"])
def test_a_doubt_is_looked_up_and_ends_in_one_task(
    crm: str, kind: str, *, run: Run, publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock
) -> None:
    snapshot = publish([task_decision(server, crm)])
    server.set_faults([Fault(crm, kind, path=PATHS[crm], method="POST", seconds=TIMEOUT * 1.5)])
    run(snapshot)
    assert ledger.get("act-1").state == State.FAILED
    clock.forward(hours=1)
    run()

    assert ledger.get("act-1").state == State.DELIVERED
    assert len(tasks(server, crm)) == 1


@pytest.mark.parametrize("crm", CRMS)
@pytest.mark.parametrize("arrives", ["before it is looked for", "after that", "never"])
def test_after_a_crash_the_crm_is_asked_before_anything_is_sent_again(
    crm: str, arrives: str, *, run: Run, publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock,
    home: Home,
) -> None:  # fmt: skip
    snapshot = publish([task_decision(server, crm)])
    channel = build_channels(destinations(server), home.outbox, now=clock)[crm]
    enqueue_decisions(ledger, snapshot, now=clock, who="test")
    lane = head(ledger, now=clock(), without=set())
    assert lane is not None
    (row,) = claim(
        ledger, lane, limit=1, destination=channel.destination, worker="dead", now=clock(),
        lease=timedelta(minutes=5),
    )  # fmt: skip
    if arrives == "before it is looked for":
        next(channel.send([Renderer().render(row)]))
    report = run(snapshot)
    assert report.recovered == {"delivered" if arrives == "before it is looked for" else "pending": 1}
    if arrives == "after that":
        # The dead worker's own request was still on its way.
        late: Any = build_channels(destinations(server), home.outbox, now=clock)[crm]
        late._create(Renderer().render(row))
    clock.forward(seconds=11)
    run()
    assert ledger.get("act-1").state == State.DELIVERED
    assert len(tasks(server, crm)) == 1


@pytest.mark.parametrize("crm", CRMS)
def test_what_a_dead_worker_left_waits_while_the_crm_cannot_be_asked(
    crm: str, *, run: Run, publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock, home: Home
) -> None:
    snapshot = publish([task_decision(server, crm), decision("mail-1", "at_risk_review")])
    enqueue_decisions(ledger, snapshot, now=clock, who="test")
    ahead = head(ledger, now=clock(), without={each.value for each in MessageKind} - {crm})
    assert ahead is not None
    claim(ledger, ahead, limit=1, destination=crm, worker="dead", now=clock(), lease=timedelta(minutes=5))
    server.set_faults([Fault(crm, "server_error", times=0, status=503)])
    run(snapshot)
    assert ledger.get("mail-1").state == State.DELIVERED
    assert ledger.get("act-1").state == State.SENDING

    run(config=ChannelConfig())
    assert ledger.get("act-1").state == State.HELD


@pytest.mark.parametrize("crm", CRMS)
def test_too_many_requests_rest_the_channel_and_make_one_task(
    crm: str, *, run: Run, publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock
) -> None:
    server.set_faults([Fault(crm, "rate_limit", path=PATHS[crm], method="POST", retry_after=3)])
    run(publish([task_decision(server, crm, f"act-{number}") for number in (1, 2)]))
    assert sum(clock.naps) == pytest.approx(3, abs=0.1)
    clock.forward(hours=1)
    run()
    assert {ledger.get(f"act-{number}").state for number in (1, 2)} == {State.DELIVERED}
    assert len(tasks(server, crm)) == 2


@pytest.mark.parametrize("crm", CRMS)
def test_who_is_no_user_there_and_a_record_that_is_not_named_stop_nobody_else(
    crm: str, run: Run, publish: Publish, server: VendorServer, ledger: Ledger
) -> None:
    rows = [
        task_decision(server, crm, "no-user", recipient="o'nobody@nowhere.io"),
        task_decision(server, crm, "no-record", facts={"crm_record_id": None}),
        task_decision(server, crm, "good"),
    ]
    run(publish(rows))
    assert ledger.get("no-user").state == ledger.get("no-record").state == State.DEAD
    assert "no active user with the address" in (ledger.get("no-user").last_error or "")
    assert ledger.get("good").state == State.DELIVERED


def test_wrong_credentials_rest_the_channel_and_are_not_told(
    run: Run, publish: Publish, server: VendorServer, ledger: Ledger
) -> None:
    config = destinations(
        server, hubspot={"access_token": "pat-secret-9"}, salesforce={"client_secret": "sf-secret-9"}
    )
    run(publish([task_decision(server, crm, f"act-{crm}") for crm in CRMS]), config)
    for crm in CRMS:
        row = ledger.get(f"act-{crm}")
        assert row.state == State.FAILED
        assert "check" in (row.last_error or "") and "secret-9" not in (row.last_error or "")
    assert not tasks(server, "hubspot") and not tasks(server, "salesforce")


def test_a_missing_field_of_salesforce_is_named_with_what_to_do(
    run: Run, publish: Publish, server: VendorServer, ledger: Ledger
) -> None:
    config = destinations(server, salesforce={"action_field": "Our_Action__c"})
    run(publish([task_decision(server, "salesforce")]), config)
    row = ledger.get("act-1")
    assert row.state == State.FAILED
    assert "Our_Action__c (Text(200), on the object Activity)" in (row.last_error or "")


UPSERT = {"salesforce": {"action_field": "External_Action_Id__c"}}


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "server_error_after", "truncated_body"])
def test_a_task_is_upserted_where_the_field_is_an_external_id(
    kind: str, *, run: Run, publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock, home: Home
) -> None:
    config, action_id = destinations(server, **UPSERT), "act/1 é"
    snapshot = publish([task_decision(server, "salesforce", action_id)])
    server.set_faults([Fault("salesforce", kind, path="*/Task/*", method="PATCH", seconds=TIMEOUT * 1.5)])
    run(snapshot, config)
    assert ledger.get(action_id).state == State.FAILED
    clock.forward(hours=1)
    run(config=config)
    row = ledger.get(action_id)
    assert row.state == State.DELIVERED
    # A request that was on its way all this time meets the task: a second POST would be a second task.
    late: Any = build_channels(config, home.outbox, now=clock)["salesforce"]
    late.look_up([action_id])
    late._create(Renderer().render(row))
    (task,) = tasks(server, "salesforce")
    assert task["External_Action_Id__c"] == action_id and task["Id"] == row.destination_ref
    asked = {
        (each.method, each.path.rpartition("/sobjects/")[2]) for each in server.journal.requests("salesforce")
    }
    assert ("POST", "Task") not in asked


def test_an_external_id_that_several_tasks_have_is_there(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, ledger: Ledger, home: Home, clock: Clock
) -> None:
    """It was not declared unique, and somebody copied a task after it was looked for."""
    config = destinations(server, **UPSERT)
    run(publish([task_decision(server, "salesforce")]), config)
    vendor: Any = server.vendors["salesforce"]
    (task,) = tasks(server, "salesforce")
    vendor.written.create("Task", "00Tcopy", task | {"Id": "00Tcopy"})
    late: Any = build_channels(config, home.outbox, now=clock)["salesforce"]
    late.look_up(["act-1"])
    receipt = late._create(Renderer().render(ledger.get("act-1")))
    assert receipt.reference in {task["Id"], "00Tcopy"} and len(tasks(server, "salesforce")) == 2


def test_where_only_hubspots_search_can_tell_it_is_waited_for(
    publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock, home: Home
) -> None:
    """The property stands there without being unique."""
    vendor = server.vendors["hubspot"]
    vendor.objects.declare("tasks", "tierline_action_id", "string")
    api = HubspotApi(
        server.url_of("hubspot"), access_token="simulated-hubspot", timeout_seconds=TIMEOUT, now=clock
    )
    naps: list[float] = []
    channel = HubspotTasks(
        api, action_property="tierline_action_id", timeout_seconds=TIMEOUT, now=clock,
        sleep=naps.append,
    )  # fmt: skip
    server.set_faults([Fault("hubspot", "server_error_after", path=PATHS["hubspot"], method="POST")])
    deliver(
        ledger, publish([task_decision(server, "hubspot")]), {"hubspot": channel}, now=clock, worker="test"
    )
    assert naps == [SEARCH_LAG_SECONDS]
    assert ledger.get("act-1").state == State.DELIVERED
    assert len(tasks(server, "hubspot")) == 1


def test_the_tasks_id_is_found_in_either_answer_to_its_creation(
    publish: Publish, server: VendorServer, ledger: Ledger, clock: Clock, home: Home
) -> None:
    """The guide's answer is the task; the description's names it beside."""
    whole = HubspotApi.call

    def described(self: HubspotApi, operation: Any, *given: Any, **named: Any) -> dict[str, Any]:
        told = whole(self, operation, *given, **named)
        made = operation.__name__ == "create" and given[0] == "tasks" and "id" in told
        return {"createdResourceId": told["id"], "entity": told} if made else told

    references = []
    with pytest.MonkeyPatch.context() as patch:
        for action_id in ("act-1", "act-2"):
            decision = task_decision(server, "hubspot", action_id)
            enqueue_decisions(ledger, publish([decision]), now=clock, who="test")
            channel: Any = build_channels(destinations(server), home.outbox, now=clock)["hubspot"]
            channel.look_up([action_id])
            references.append(channel._create(Renderer().render(ledger.get(action_id))).reference)
            patch.setattr(HubspotApi, "call", described)
    assert references == [row["id"] for row in server.vendors["hubspot"].written.created("tasks")]


def test_nothing_leaves_unless_the_crm_is_configured(
    run: Run, publish: Publish, server: VendorServer, home: Home
) -> None:
    run(publish([task_decision(server, crm, f"act-{crm}") for crm in CRMS]), ChannelConfig())
    for crm in CRMS:
        (line,) = (home.outbox / f"{crm}.jsonl").read_text().splitlines()
        assert set(json.loads(line)["message"]) == {
            "subject", "body", "due_at", "priority", "record_id",
        }  # fmt: skip
        assert not tasks(server, crm)
