"""What is not as it should be: schemas that drift, bodies that can't be read."""

import http.client
import json
import re
import socket
from typing import Any

import httpx
import pytest

from simulator.vendors.server import VendorServer
from simulator.vendors.settings import Settings
from simulator.vendors.vendor import Vendor
from tests.simulator.vendors.conftest import Serve
from tests.simulator.vendors.test_simulated_mixpanel import SECRET
from tests.simulator.vendors.test_simulated_zendesk import Zendesk

TICKETS = "/api/v2/incremental/tickets/cursor.json"
BROKEN = (
    b'{"a": ',
    b"[1, 2]",
    b'"\xff\xfe"',
    b'{"a": "\xff"}',
    b"null",
    b"\x00\x01",
    b"{" * 3000,
    b'{"inputs": 7}',
)


def test_a_field_appears_and_another_changes_its_type_on_their_day(serve: Serve) -> None:
    server = serve(
        drift=[
            {
                "vendor": "zendesk",
                "path": "*/tickets*",
                "field": "sla",
                "beside": "subject",
                "since": "2026-10-21",
            },
            {"vendor": "zendesk", "field": "priority", "to": "object", "since": "2026-10-22"},
            {"vendor": "mixpanel", "field": "quantity", "to": "text", "since": "2026-10-21"},
        ]
    )
    seen: list[tuple[bool, type]] = []
    with Zendesk(server) as zendesk:
        for _ in range(3):
            tickets = zendesk.get(TICKETS, params={"start_time": 0}).json()["tickets"]
            seen.append((all("sla" in each for each in tickets), type(tickets[0]["priority"])))
            server.advance()
    assert seen == [(False, str), (True, str), (True, dict)]
    day = {"from_date": "2026-10-20", "to_date": "2026-10-20"}
    lines = httpx.get(
        server.url_of("mixpanel") + "/api/2.0/export", params=day, auth=SECRET
    ).text.splitlines()
    assert {type(json.loads(line)["properties"]["quantity"]) for line in lines} == {str}


def test_an_impossible_drift_is_refused() -> None:
    with pytest.raises(ValueError, match="either beside"):
        Settings.of({"drift": [{"vendor": "zendesk", "field": "x", "since": "2026-10-21"}]})


def _logins(vendor: str) -> dict[str, str]:
    secret = f"simulated-{vendor}"
    basic = {"zendesk": ("a/token", secret), "churnzero": ("a", secret), "delighted": (secret, "")}
    if vendor in basic:
        name, password = basic[vendor]
        return {"authorization": httpx.BasicAuth(name, password)._auth_header}
    token = f"00DQy0000004Sim!{secret}" if vendor == "salesforce" else secret
    named = {"gainsight": "accesskey", "totango": "app-token", "pendo": "x-pendo-integration-key"}
    return {named[vendor]: token} if vendor in named else {"authorization": f"Bearer {token}"}


def _paths(vendor: Vendor) -> list[tuple[str, str]]:
    """Every route that takes a body, with values in place of its variables."""
    values = {"kind": "tasks" if vendor.name == "hubspot" else "Task", "chat_id": "1", "version": "v66.0",
              "field": "External_Action_Id__c", "secret": f"simulated-{vendor.name}"}  # fmt: skip
    marked = {
        (method, template)
        for name in dir(type(vendor))
        for method, template in getattr(getattr(type(vendor), name, None), "routes", [])
        if method in ("POST", "PUT", "PATCH")
    }
    filled = re.compile(r"\{(\w+)\}")
    return sorted((m, filled.sub(lambda found: values.get(found[1], "1"), t)) for m, t in marked)


def test_bodies_nobody_can_read_are_answered_in_the_vendors_words(serve: Serve, http: httpx.Client) -> None:
    server = serve()
    asked = 0
    for name, vendor in server.vendors.items():
        if name in ("webhook", "smtp"):
            continue
        for method, path in _paths(vendor):
            for body in BROKEN:
                headers = {**_logins(name), "content-type": "application/json"}
                answer = http.request(method, server.url_of(name) + path, content=body, headers=headers)
                assert answer.status_code in (200, 400, 401, 404, 422), (name, method, path, body)
                asked += 1
    assert asked > 200
    sent = {"headers": _logins("salesforce"), "content": b'{"Subject": '}
    refused = http.post(server.url_of("salesforce") + "/services/data/v66.0/sobjects/Task", **sent)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    refused = http.post(server.url_of("intercom") + "/contacts", content=b"[]", headers=_logins("intercom"))
    assert (refused.status_code, refused.json()["type"]) == (400, "error.list")


def _spoken(server: VendorServer, *sent: bytes) -> bytes:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for each in sent:
            connection.sendall(each)
        return connection.recv(3000)


def test_oversized_packed_and_chunked_bodies_and_strange_heads_get_an_answer(serve: Serve) -> None:
    server = serve()
    key = b"authorization: Bearer simulated-hubspot\r\n"
    head = b"POST /hubspot/crm/v3/objects/tasks/search HTTP/1.1\r\nhost: x\r\n" + key
    huge = 65 * 2**20
    said = _spoken(server, head + f"content-length: {huge}\r\n\r\n".encode(), b" " * huge)
    assert said.startswith(b"HTTP/1.1 400 Bad Request")
    packed = _spoken(server, head + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope")
    assert packed.startswith(b"HTTP/1.1 400")
    chunked = head + b'transfer-encoding: chunked\r\n\r\n2\r\n{"\r\ne\r\nlimit": 1}     \r\n0\r\n\r\n'
    assert b'"after":"1"' in _spoken(server, chunked).partition(b"\r\n\r\n")[2]
    assert _spoken(server, chunked.replace(b"}", b"]")).startswith(b"HTTP/1.1 400")
    assert _spoken(server, head + b"content-length: -7\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert _spoken(server, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert _spoken(server, b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 414")


def test_a_head_request_gets_the_head(serve: Serve) -> None:
    server = serve()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("HEAD", "/delighted/v1/metrics.json", headers=_logins("delighted"))
    answer: Any = connection.getresponse()
    assert (answer.status, int(answer.headers["content-length"]) > 10, answer.read()) == (200, True, b"")
