"""Messages and attributes to the simulated Intercom."""

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    DestinationRejectedError,
    DestinationUnavailableError,
    Outcome,
    Receipt,
)
from sensors.channels.configuration import ChannelConfig, IntercomDestination, build_channels
from sensors.channels.intercom_attributes import ATTRIBUTES, IntercomAttributeWriter
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Clock, Publish, decision
from tests.simulator.vendors.conftest import Serve, lived, serve  # noqa: F401 -- fixtures
from warehouse.home import Home

Run = Callable[..., DeliveryReport]
RIGHT = "simulated-intercom"


@pytest.fixture
def server(serve: Serve) -> VendorServer:  # noqa: F811
    return serve()


@pytest.fixture
def contact(server: VendorServer) -> dict[str, Any]:
    contacts = server.vendors["intercom"]._made("contacts")  # type: ignore[attr-defined]
    found: dict[str, Any] = next(row for row in contacts if row["role"] == "user" and row["email"])
    return found


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, server: VendorServer) -> Run:
    def run(snapshot: Any = None, token: str = RIGHT, **options: Any) -> DeliveryReport:
        admin = server.vendors["intercom"]._objects.admins()[0]["id"]  # type: ignore[attr-defined]
        to = IntercomDestination(token, admin, server.url_of("intercom"), timeout_seconds=1.0, **options)
        channels = build_channels(ChannelConfig(intercom=to), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


def letter(action_id: str, recipient: str, **changes: Any) -> dict[str, Any]:
    given = {"channel": "intercom", "recipient": recipient, "recipient_name": "Kim Lee"}
    return decision(action_id, "onboarding_welcome", **(given | changes))


def sent(server: VendorServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.vendors["intercom"].written.created("message")  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("known_by", ["email", "id"])
def test_a_contact_gets_the_customers_letter_once(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any], ledger: Ledger, known_by: str
) -> None:
    name = "<b>Alder</b> & Sons"
    facts = {"account_name": name, "guide_title": "the guide", "guide_url": "https://docs.example/start"}
    run(publish([letter("a", contact[known_by], facts=facts)]))
    run()
    (message,) = sent(server)
    assert message["to"] == {"type": "user", "id": contact["id"]}
    assert message["body"].startswith(
        "<p>Hello Kim,</p><p>We are glad that &lt;b&gt;Alder&lt;/b&gt; &amp; Sons"
    )
    assert '<a href="https://docs.example/start">Open the guide</a>' in message["body"]
    assert "score" not in message["body"].lower() and message["message_type"] == "inapp"
    assert (ledger.get("a").state, ledger.get("a").destination_ref) == ("delivered", message["id"])


def test_it_can_go_as_mail_with_a_subject(
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any]
) -> None:
    run(publish([letter("a", contact["email"])]), message_type="email")
    (message,) = sent(server)
    assert message["message_type"] == "email" and message["subject"].startswith("Welcome, Northwind Traders")


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "server_error_after", "truncated_body"])
def test_a_doubt_is_held_for_a_person(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any], ledger: Ledger,
    clock: Clock, kind: str,
) -> None:  # fmt: skip
    server.set_faults([Fault("intercom", kind, path="/messages", seconds=1.5)])
    run(publish([letter("a", contact["email"])]))
    clock.forward(days=1)
    run()
    assert ledger.get("a").state == "held" and len(sent(server)) == (kind != "timeout_before")


def test_a_search_without_an_answer_is_no_doubt(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any], ledger: Ledger, clock: Clock
) -> None:
    server.set_faults([Fault("intercom", "server_error", path="/contacts/search")])
    run(publish([letter("a", contact["email"])]))
    assert ledger.get("a").state == "failed"
    clock.forward(minutes=1)
    run()
    assert ledger.get("a").state == "delivered" and len(sent(server)) == 1


def test_strangers_and_messages_for_the_team_are_refused_and_the_rest_goes_on(
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any], ledger: Ledger
) -> None:
    team = letter("b", contact["email"], template_id="at_risk_alert")
    report = run(publish([letter("a", "stranger@nowhere.example"), team, letter("c", contact["email"])]))
    assert (report.by_state["dead"], report.by_state["delivered"], len(sent(server))) == (2, 1, 1)
    assert "no contact" in (ledger.get("a").last_error or "")
    assert "speaks to the team" in (ledger.get("b").last_error or "")


def test_a_rate_limit_and_a_wrong_token_rest_the_channel(  # noqa: PLR0917
    run: Run, publish: Publish, server: VendorServer, contact: dict[str, Any], clock: Clock, home: Home,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    server.set_faults([Fault("intercom", "rate_limit", path="/messages", retry_after=90)])
    report = run(publish([letter("a", contact["email"]), letter("b", contact["email"])]))
    assert report.attempted == 1 and "429" in report.resting["intercom"]
    clock.forward(minutes=2)
    report = run(token="wrong-token-1234")
    assert report.attempted == 1 and "TIERLINE_TO_INTERCOM_ACCESS_TOKEN" in report.resting["intercom"]
    clock.forward(minutes=10)
    assert run().by_state["delivered"] == 2 == len(sent(server))
    stored = b"".join(path.read_bytes() for path in home.root.glob("ledger.db*") if path.is_file())
    assert b"wrong-token" not in stored and "wrong-token" not in caplog.text


@pytest.fixture
def company(server: VendorServer) -> str:
    return str(server.vendors["intercom"]._made("companies")[0]["id"])  # type: ignore[attr-defined]


def write(server: VendorServer, clock: Clock, *accounts: AccountAttributes) -> list[Outcome]:
    writer = IntercomAttributeWriter(RIGHT, base_url=server.url_of("intercom"), timeout_seconds=1, now=clock)
    outcomes = list(writer.write(accounts))
    writer.close()
    return outcomes


def of(company: str, score: float | None = 52.4) -> AccountAttributes:
    return AccountAttributes("acc-1", company, score, "declining", 0.31, "high", date(2026, 11, 21))


def test_attributes_are_created_once_and_unknown_values_clear_what_stood_there(
    server: VendorServer, clock: Clock, company: str
) -> None:
    assert write(server, clock, of(company), of(company)) == [Receipt(company), Receipt(company)]
    stands = server.vendors["intercom"]._one("companies", company, "")  # type: ignore[attr-defined]
    assert stands["custom_attributes"] == {
        "tierline_score": 52.4, "tierline_tier": "declining", "tierline_risk": 0.31,
        "tierline_risk_band": "high", "tierline_as_of": "2026-11-21",
    }  # fmt: skip
    write(server, clock, of(company, score=None))
    stands = server.vendors["intercom"]._one("companies", company, "")  # type: ignore[attr-defined]
    assert stands["custom_attributes"]["tierline_score"] is None
    created = [
        e for e in server.journal.requests("intercom") if (e.method, e.path) == ("POST", "/data_attributes")
    ]
    assert len(created) == len(ATTRIBUTES)


def test_one_company_that_is_gone_does_not_keep_the_others_from_being_written(
    server: VendorServer, clock: Clock, company: str
) -> None:
    server.set_faults([Fault("intercom", "server_error_after", method="PUT")])
    doubtful, gone, written = write(server, clock, of(company), of("0" * 24), of(company))
    assert isinstance(doubtful, DestinationUnavailableError) and not doubtful.is_channel_wide
    assert isinstance(gone, DestinationRejectedError) and isinstance(written, Receipt)
