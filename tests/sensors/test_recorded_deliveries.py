"""The simulated vendors against the ledger: real messages over the wire, then one of the two errs."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from orchestration.reconciliation import Reconciled, reconcile
from orchestration.settings import Settings
from orchestration.simulated_destinations import simulated_destinations, unconfigured_channels
from sensors.channels.configuration import build_channels
from sensors.delivery import deliver
from sensors.ledger import Ledger
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Publish, decision
from tests.sensors.test_crm_tasks import task_decision
from tests.simulator.vendors.conftest import (
    lived,  # noqa: F401 -- a fixture
    serve,  # noqa: F401 -- a fixture
)
from warehouse.home import Home

BEGAN = datetime.now(UTC) - timedelta(minutes=1)


@pytest.fixture
def server(serve: Any) -> VendorServer:  # noqa: F811
    running: VendorServer = serve()
    return running


@pytest.fixture
def given(server: VendorServer) -> Settings:
    relay = "{}:{}".format(*server.smtp_address)
    return Settings.model_validate(simulated_destinations(Settings(), url=server.url, relay=relay))


@pytest.fixture
def sent(server: VendorServer, given: Settings, ledger: Ledger, home: Home, publish: Publish) -> None:
    slack_id = server.view.rows("csms")[0]["slack_id"]
    rows = [
        decision("by-slack", "at_risk_alert", recipient=slack_id, decided_for=BEGAN.date()),
        decision("by-mail", "declining_outreach", recipient="kim@customer.example"),
        decision("by-webhook", "expansion_prompt"),
        task_decision(server, "hubspot", "by-hubspot"),
        task_decision(server, "salesforce", "by-salesforce"),
        decision("refused", "at_risk_alert", recipient="#nowhere", decided_for=BEGAN.date()),
    ]
    channels = build_channels(given.channels(), home.outbox)
    deliver(
        ledger, publish(rows), channels, now=lambda: datetime.now(UTC), worker="test", pacing=given.pacing()
    )


def compared(server: VendorServer, url: str) -> Reconciled:
    def requests(vendor: str) -> list[dict[str, Any]]:
        return [asdict(each) for each in server.journal.requests(vendor)]

    return reconcile(url, unconfigured_channels(Settings()), requests, since=BEGAN)


def test_whatever_was_delivered_is_there_once_and_a_lost_or_a_surplus_message_is_told(
    sent: None, server: VendorServer, ledger: Ledger, url: str, home: Home
) -> None:
    found = compared(server, url)
    assert (found.failure(), found.recorded, found.delivered) == (None, 5, 5)
    assert not list(home.outbox.glob("*.jsonl"))

    with ledger.writing() as connection:
        connection.execute(
            text("update deliveries set state = 'pending', attempts = 0 where action_id = 'by-mail'")
        )
        connection.execute(text("update deliveries set state = 'delivered', delivered_at = :now"
                                " where action_id = 'refused'"), {"now": datetime.now(UTC).isoformat(" ")})  # fmt: skip
    found = compared(server, url)
    assert found.missing == ("slack refused",)
    assert len(found.more) == 1
    assert found.more[0].startswith("email ")
    assert "not recorded: slack refused" in (found.failure() or "")


@pytest.mark.parametrize("state", ["failed", "sending", "dead", "held", "pending"])
def test_what_was_tried_may_be_there_once_whatever_the_ledger_waits_for(
    sent: None, server: VendorServer, ledger: Ledger, url: str, state: str
) -> None:
    """A vendor that took a message and answered badly: the ledger tries it again, or gave it up."""
    with ledger.writing() as connection:
        connection.execute(
            text("update deliveries set state = :state where action_id = 'by-hubspot'"), {"state": state}
        )
    found = compared(server, url)
    assert (found.failure(), found.recorded, found.delivered) == (None, 4, 4)
    entry = next(each for each in server.journal.requests("hubspot") if each.path.endswith("/objects/tasks"))
    server.journal._entries.append(entry)
    assert compared(server, url).more == ("hubspot by-hubspot",)


def test_what_the_last_look_stopped_at_its_first_attempt_must_not_be_there(
    sent: None, server: VendorServer, ledger: Ledger, url: str
) -> None:
    for attempts, more in ((1, ("webhook by-webhook",)), (2, ())):
        with ledger.writing() as connection:
            connection.execute(
                text(
                    "update deliveries set state = 'suppressed', attempts = :attempts where action_id = 'by-webhook'"
                ),
                {"attempts": attempts},
            )
        assert compared(server, url).more == more


def test_a_message_that_arrived_twice_is_told(sent: None, server: VendorServer, url: str) -> None:
    for vendor, path in (("slack", "/api/chat.postMessage"), ("salesforce", "/by-salesforce")):
        entry = next(each for each in server.journal.requests(vendor) if each.path.endswith(path))
        server.journal._entries.append(entry)
    # Salesforce does a repeated external id once.
    assert compared(server, url).more == ("slack by-slack",)


def test_a_channel_that_somebody_set_up_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERLINE_SLACK_ENABLED", "false")
    monkeypatch.setenv("TIERLINE_SMTP_HOST", "relay.example")
    monkeypatch.setenv("TIERLINE_WEBHOOK_PER_SECOND", "5")
    assert unconfigured_channels(Settings()) == ["webhook", "hubspot", "salesforce"]
    made = simulated_destinations(Settings(), url="http://127.0.0.1:1", relay="127.0.0.1:2")
    assert not any(name.startswith(("slack", "smtp", "email", "allowed")) for name in made)
