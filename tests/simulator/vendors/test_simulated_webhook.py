"""The simulated receiver of signed webhooks, as the product signs them."""

import json
import time

import httpx

from sensors.channels.signature import IDEMPOTENCY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from simulator.vendors.server import VendorServer
from tests.simulator.vendors.conftest import Serve

SECRET = "simulated-webhook"


def _deliver(
    server: VendorServer, key: str, *, secret: str = SECRET, age: int = 0, body: bytes = b'{"x": 1}'
) -> httpx.Response:
    stamp = int(time.time()) - age
    signed = {
        TIMESTAMP_HEADER: str(stamp),
        SIGNATURE_HEADER: sign(secret, stamp, body),
        IDEMPOTENCY_HEADER: key,
    }
    return httpx.post(server.url_of("webhook") + "/deliveries", content=body, headers=signed)


def test_a_delivery_repeated_under_its_key_is_kept_once_and_can_be_read_back(serve: Serve) -> None:
    server = serve()
    first, again = _deliver(server, "action-1"), _deliver(server, "action-1")
    assert (first.json()["id"], first.json()["repeated"]) == (again.json()["id"], False)
    assert again.json()["repeated"]
    _deliver(server, "action-2", body=json.dumps({"x": 2}).encode())
    login = {"Authorization": f"Bearer {SECRET}"}
    kept = httpx.get(server.url_of("webhook") + "/deliveries", headers=login).json()
    assert [(row["idempotency_key"], row["body"]["x"]) for row in kept] == [("action-1", 1), ("action-2", 2)]
    recorded = server.journal.requests("webhook")[0].headers
    assert recorded[SIGNATURE_HEADER.lower()] == "hidden"


def test_wrong_secrets_and_old_messages_are_refused(serve: Serve) -> None:
    server = serve()
    assert _deliver(server, "a", secret="wrong").status_code == 401
    assert _deliver(server, "a", age=301).status_code == 401
    assert _deliver(serve(clock_skew_seconds={"webhook": 600}), "a").status_code == 401
    assert httpx.get(server.url_of("webhook") + "/deliveries").status_code == 401


def test_a_recorded_delivery_is_refused_under_another_key(serve: Serve) -> None:
    server = serve()
    body = b'{"action_id": "action-1"}'
    assert _deliver(server, "action-1", body=body).status_code == 200
    assert _deliver(server, "action-2", body=body).status_code == 401
