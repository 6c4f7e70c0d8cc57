"""The simulated vendors as destinations, with faults; what they took, counted.

Two of them, `NOBODY_CAN_ASK`, can't be asked for a message: a doubt is held there.

A message that arrived is found by the action it names in what the vendor keeps, not in what was sent to it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sensors.channels.churnzero import ChurnzeroDestination
from sensors.channels.configuration import (
    ChannelConfig,
    HubspotDestination,
    IntercomDestination,
    SalesforceDestination,
    SlackBotDestination,
)
from sensors.channels.cs_platforms import CsPlatforms
from sensors.channels.gainsight import GainsightDestination
from sensors.channels.totango import TotangoDestination
from simulator.company import Company
from simulator.scenario import Scenario
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.view import View
from tests.sensors.conftest import decision

# Where each vendor takes a message, the channel's name first.
WRITES = {
    "slack": "/api/chat.postMessage",
    "hubspot": "/crm/v3/objects/tasks",
    "salesforce": "*/sobjects/Task*",
    "gainsight": "/v2/cockpit/cta",
    "totango": "/api/v3/touchpoints/",
    "churnzero": "/i",
    "intercom": "/messages",
}
NOBODY_CAN_ASK = {"churnzero", "intercom"}
# Where tasks are looked up by a text field, and where they are upserted by an external id.
TEXT_FIELD, EXTERNAL_ID = "Tierline_Action_Id__c", "External_Action_Id__c"
TIMEOUT_SECONDS = 1.0
_FAULTS = ("timeout_before", "timeout_after", "server_error_after", "truncated_body", "server_error")


@contextmanager
def vendor_server(folder: Path, *, seed: int, share: float) -> Iterator[VendorServer]:
    """A small company's vendors; of the messages to each this share meets each kind of fault."""
    company = Company(Scenario(end=date(2026, 10, 31), accounts=12, csms=2, months=2, seed=7))
    View(company, folder).live(date(2026, 10, 20))
    settings = Settings.of({
        "seed": seed,
        "limits": {vendor: {"requests": 0, "seconds": 1} for vendor in WRITES},
        "custom_fields": {"salesforce": {"Task": [TEXT_FIELD]}},
    })  # fmt: skip
    with VendorServer(company, folder, settings) as server:
        server.set_faults([
            Fault(vendor, kind, path=path, method=method, times=0, probability=share,
                  seconds=1.5 * TIMEOUT_SECONDS)
            for vendor, path in WRITES.items()
            for kind in _FAULTS
            for method in ("POST", "PATCH")
        ])  # fmt: skip
        yield server


def vendor_config(url: str, *, admin: str, task_field: str = TEXT_FIELD) -> ChannelConfig:
    """Destinations at the server of this address. `admin` writes Intercom's messages."""
    return ChannelConfig(
        slack_bot=SlackBotDestination(
            "simulated-slack", f"{url}/slack/api/", timeout_seconds=TIMEOUT_SECONDS
        ),
        hubspot=HubspotDestination("simulated-hubspot", f"{url}/hubspot", timeout_seconds=TIMEOUT_SECONDS),
        salesforce=SalesforceDestination(
            f"{url}/salesforce", "tierline", "simulated-salesforce", action_field=task_field,
            timeout_seconds=TIMEOUT_SECONDS,
        ),
        intercom=IntercomDestination(
            "simulated-intercom", admin, f"{url}/intercom", timeout_seconds=TIMEOUT_SECONDS
        ),
        cs_platforms=CsPlatforms(
            gainsight=GainsightDestination(
                f"{url}/gainsight", "simulated-gainsight", timeout_seconds=TIMEOUT_SECONDS
            ),
            churnzero=ChurnzeroDestination(
                f"{url}/churnzero", "simulated-churnzero", timeout_seconds=TIMEOUT_SECONDS
            ),
            totango=TotangoDestination(
                "SP-0000-01", "simulated-totango", url=f"{url}/totango", tracker_url=f"{url}/totango",
                timeout_seconds=TIMEOUT_SECONDS,
            ),
        ),
    )  # fmt: skip


def vendor_order(server: VendorServer, *, task_field: str = TEXT_FIELD) -> dict[str, str]:
    """What `crashing_worker` needs to know of the server."""
    intercom: Any = server.vendors["intercom"]
    admin = str(intercom._objects.admins()[0]["id"])
    return {"vendor_url": server.url, "vendor_admin": admin, "task_field": task_field}


def vendor_decisions(server: VendorServer, each: int) -> list[dict[str, Any]]:
    """So many decisions for each vendor, spread over its accounts."""
    vendors: Any = server.vendors
    csm = str(server.view.rows("csms")[0]["email"])
    owners = {row["id"]: row["email"] for row in vendors["hubspot"].objects.owners()}
    companies = [
        (owners[row["properties"]["hubspot_owner_id"]], {"crm_record_id": row["id"]})
        for row in vendors["hubspot"].rows("companies")
        if row["properties"].get("hubspot_owner_id") in owners
    ]
    users = {row["Id"]: row["Email"] for row in vendors["salesforce"].records("User")}
    accounts = [
        (users[row["OwnerId"]], {"crm_record_id": row["Id"]})
        for row in vendors["salesforce"].records("Account")
    ]
    places: dict[str, Sequence[tuple[str, dict[str, Any]]]] = {
        "slack": [(csm, {}), ("#general", {})],
        "hubspot": companies,
        "salesforce": accounts,
        "gainsight": [
            (csm, {"external_id": row["Gsid"]}) for row in vendors["gainsight"].objects.companies()
        ],
        "totango": [(csm, {"external_id": row["name"]}) for row in vendors["totango"].objects.accounts()],
        "churnzero": [
            (csm, {"external_id": row["ExternalId"]})
            for row in vendors["churnzero"].objects.rows("Account")
            if row["ExternalId"]
        ],
        "intercom": [
            # A customer's letter shows no action, but the account's name.
            (row["email"], {"guide_title": "the guide", "guide_url": "https://docs.example/start"})
            for row in vendors["intercom"]._made("contacts")
            if row["role"] == "user" and row["email"]
        ],
    }
    return [
        decision(
            f"{vendor}-{number:04}", "onboarding_welcome" if vendor == "intercom" else "at_risk_alert",
            channel=vendor, recipient=there[number % len(there)][0],
            account_id=f"acc-{number % 5}",
            facts=there[number % len(there)][1] | {"account_name": f"Tierline action {vendor}-{number:04}"},
            is_immediate=number % 7 == 0,
        )
        for vendor, there in places.items()
        for number in range(each)
    ]  # fmt: skip


def vendor_arrivals(server: VendorServer, action_ids: Sequence[str]) -> Counter[str]:
    """How often each action stands at its vendor."""
    vendors: Any = server.vendors
    found = Counter(
        str(posted["metadata"]["event_payload"]["action_id"]) for posted in vendors["slack"].messages
    )
    found.update(
        row["properties"]["tierline_action_id"] for row in vendors["hubspot"].written.created("tasks")
    )
    found.update(row[TEXT_FIELD] or row[EXTERNAL_ID] for row in vendors["salesforce"].written.created("Task"))
    kinds = {"gainsight": "Cta", "totango": "event", "churnzero": "Event", "intercom": "message"}
    for vendor, kind in kinds.items():
        texts = [json.dumps(row) for row in vendors[vendor].written.created(kind)]
        for action_id in action_ids:
            if action_id.startswith(vendor):
                found[action_id] = sum(f"Tierline action {action_id}" in text for text in texts)
    return found
