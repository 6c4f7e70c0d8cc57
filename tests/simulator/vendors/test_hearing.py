"""What vendors were given to deliver reaches the company: by task, mail, chat and webhook."""

import json
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from sensors.channels.signature import IDEMPOTENCY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve


@pytest.fixture
def heard(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Callable[[VendorServer], list[Any]]:
    """Lives a day and returns the actions the company was handed."""

    def live(server: VendorServer) -> list[Any]:
        given: list[Any] = []
        company = server.view._company
        step = company.step
        monkeypatch.setattr(
            company, "step", lambda day, actions=None: (given.append(actions), step(day, actions))[1]
        )
        server.advance()
        monkeypatch.setattr(company, "step", step)
        return given[0]

    return live


def _mail(server: VendorServer, to: str, subject: str, text: str) -> tuple[int, bytes] | None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tierline@vendor.example", to, subject
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    with smtplib.SMTP(*server.smtp_address, timeout=3) as relay:
        relay.send_message(mail)
    return None


def test_until_somebody_sends_anything_the_companys_own_automation_goes_on(serve: Serve, heard: Any) -> None:
    assert heard(serve()) is None


def test_a_crm_task_is_done_by_the_csm_and_completed_where_it_stands(serve: Serve) -> None:
    server = serve(limits={"salesforce": {"requests": 0, "seconds": 1}})
    records, done = server.vendors["salesforce"], 0
    url = server.url_of("salesforce") + "/services/data/v66.0/sobjects/Task"
    login = {"authorization": "Bearer 00DQy0000004Sim!simulated-salesforce"}
    for number, row in enumerate(records.records("Account")):
        body = {"Subject": "Call them", "WhatId": row["Id"], "External_Action_Id__c": f"act-{number}"}
        assert httpx.post(url, json=body, headers=login).status_code == 201
    server.advance(8)
    activities = {r["action_id"]: r for r in server.view.rows("csm_activities") if r["action_id"]}
    tasks = [row for row in records.records("Task") if str(row["External_Action_Id__c"]).startswith("act-")]
    assert len(tasks) == len(records.records("Account"))  # none stands twice
    for row in tasks:
        activity = activities.get(row["External_Action_Id__c"])
        assert row["IsClosed"] == (activity is not None)
        done += activity is not None
        if activity is not None:
            assert row["CallDurationInSeconds"] == round(activity["minutes"] * 60)
    assert done > len(tasks) / 2


def test_a_mail_names_its_account_its_action_and_what_is_asked(serve: Serve, heard: Any) -> None:
    server = serve()
    account = server.view.rows("accounts")[3]
    csm = server.view.rows("csms")[0]["email"]
    text = f"{account['name'].upper()} needs you.\n\nGet in touch with your contact.\n--\nTierline action ab12cd34ef56"
    _mail(server, csm, "Look here", text)
    _mail(server, csm, "Look here", text)  # the relay took it twice, the CSM acts once
    _mail(server, "somebody@customer.example", f"News for {account['name']}", "There is more in your plan.")
    kept = httpx.get(
        server.url_of("smtp") + "/messages", headers={"authorization": "Bearer simulated-smtp"}
    ).json()
    assert [mail["to"] for mail in kept] == [[csm], [csm], ["somebody@customer.example"]]
    assert "<p>" in kept[0]["html"]
    told, news = heard(server)
    assert (told["action_id"], told["account_id"]) == ("ab12cd34ef56", account["account_id"])
    assert (told["play_id"], told["mode"]) == ("churn_risk_intervention", "human")
    assert (news["account_id"], news["play_id"], news["mode"]) == (account["account_id"], None, None)
    assert heard(server) == []


def test_chat_webhooks_and_in_app_messages_reach_the_company_too(serve: Serve, heard: Any) -> None:
    server = serve()
    rows = server.view.rows("accounts")
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": f"Critical: {rows[0]['name']}"}},
        {"type": "context", "elements": [{"type": "plain_text", "text": "call your contact · Tierline action 0123456789ab"}]},
    ]  # fmt: skip
    hook = server.url_of("slack") + "/services/T0SIMULATE/B0TIERBOT0/simulated-slack"
    assert httpx.post(hook, json={"text": "Critical", "blocks": blocks}).text == "ok"
    body = json.dumps(
        {"action_id": "act-9", "account_id": rows[1]["account_id"], "play_id": "usage_nudge"}
    ).encode()
    stamp = int(time.time())
    signed = {TIMESTAMP_HEADER: str(stamp), SIGNATURE_HEADER: sign("simulated-webhook", stamp, body),
              IDEMPOTENCY_HEADER: "act-9"}  # fmt: skip
    assert (
        httpx.post(server.url_of("webhook") + "/deliveries", content=body, headers=signed).status_code == 200
    )
    intercom = {
        "base_url": server.url_of("intercom"),
        "headers": {"authorization": "Bearer simulated-intercom"},
    }
    with httpx.Client(**intercom) as client:
        contact = next(c for c in client.get("/contacts").json()["data"] if c["companies"]["data"])
        admin = client.get("/admins").json()["admins"][0]["id"]
        message = {"message_type": "in_app", "body": "Have a look at reports.", "from": {"type": "admin", "id": admin},
                   "to": {"type": "user", "id": contact["id"]}}  # fmt: skip
        assert client.post("/messages", json=message).status_code == 200
    user = server.identities.key("intercom", "contact", contact["id"])
    alert, nudge, hint = heard(server)
    assert (alert["action_id"], alert["account_id"]) == ("0123456789ab", rows[0]["account_id"])
    assert alert["play_id"] == "churn_risk_intervention"
    assert (nudge["action_id"], nudge["play_id"]) == ("act-9", "usage_nudge")
    assert hint["account_id"] == server.view.row("users", user)["account_id"]


@pytest.mark.parametrize(
    ("kind", "status", "takes"),
    [
        ("server_error", 550, 0),
        ("server_error_after", 550, 1),
        ("rate_limit", 450, 0),
        ("timeout_before", None, 0),
        ("timeout_after", None, 1),
    ],
)
def test_a_relay_that_refuses_or_falls_silent(
    serve: Serve, kind: str, status: int | None, takes: int
) -> None:
    server = serve(faults=[{"vendor": "smtp", "kind": kind, "status": 550, "seconds": 0.1}])
    with pytest.raises(smtplib.SMTPDataError if status else smtplib.SMTPServerDisconnected) as failed:
        _mail(server, "ana@customer.example", "Hello", "Hello")
    if status:
        assert failed.value.smtp_code == status
    login = {"authorization": "Bearer simulated-smtp"}
    assert len(httpx.get(server.url_of("smtp") + "/messages", headers=login).json()) == takes
    assert server.journal.requests("smtp")[0].fault == kind
    _mail(server, "ana@customer.example", "Hello", "Hello")


def test_an_action_known_by_its_mark_alone_is_looked_up(serve: Serve, heard: Any) -> None:
    server = serve()
    known = {"action_id": "f" * 64, "account_id": "acc_00002", "play_id": "renewal_reminder"}
    door = server.url + "/_simulator/decisions"
    assert httpx.put(door, json=[{**known, "action_id": "e" * 64}, known]).json() == {"decisions": 2}
    _mail(server, "ana@customer.example", "Your renewal", "It is near.\n\nTierline action ffffffffffff")
    (told,) = heard(server)
    assert {name: told[name] for name in known} == known
