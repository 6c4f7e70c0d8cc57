"""The client against a real HTTP server that says what each test tells it to."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote

import pytest
from dlt.sources.helpers.rest_client.auth import APIKeyAuth, BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator
from pydantic import SecretStr
from requests.auth import HTTPBasicAuth

from assets.sources.api import (
    ApiClient,
    ApiSettings,
    CredentialsRefusedError,
    GaveUpError,
    NotFoundError,
    PermissionMissingError,
    RequestRefusedError,
)
from assets.sources.settings import ConnectorSettingsError, read_settings

SECRET = "s3cret/token+1"
GOOD = (200, {}, b'{"rows": [1]}')
Answer = tuple[int, dict[str, str], bytes]


class Settings(ApiSettings):
    token: SecretStr = SecretStr(SECRET)


class Script:
    """Answers in turn, the last for ever; a body of None closes the connection halfway."""

    def __init__(self) -> None:
        self.answers: list[Any] = [GOOD]
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[tuple[str, bytes]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                script.bodies.append((self.command, sent))
                script.asked.append((self.path, self.headers.get("Authorization", "")))
                status, headers, body = (
                    script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                )
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(10 if body is None else len(body)))
                self.end_headers()
                self.wfile.write(body if body is not None else b"0123")

            do_POST = do_GET  # noqa: N815 -- the base class's names

            def log_message(self, *given: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(scope="module")
def server() -> Iterator[Script]:
    script = Script()
    yield script
    script.http.shutdown()
    script.http.server_close()


@pytest.fixture
def script(server: Script) -> Script:
    server.answers, server.asked = [GOOD], []
    return server


def client(script: Script, waits: list[float] | None = None, **given: Any) -> ApiClient:
    settings = Settings(base_url=script.url, max_attempts=4, backoff_seconds=0.001, timeout_seconds=2)
    auth = given.pop("auth", BearerTokenAuth(SECRET))
    slept: Callable[[float], None] = (waits if waits is not None else []).append
    return ApiClient("vendor", settings, auth=auth, sleep=slept, **given)


def test_what_passes_is_waited_out(script: Script) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    now = format_datetime(datetime.now(UTC), usegmt=True)
    troubles: list[tuple[Answer, float]] = [
        ((429, {"Retry-After": "7"}, b"{}"), 7),
        ((503, {"Retry-After": later, "Date": now}, b"<html>"), 39),
        ((500, {}, b""), 0),
        ((200, {}, b'{"rows": [1, '), 0),
        ((200, {}, b"<html>Please log in</html>"), 0),
        ((200, {}, None), 0),
    ]
    for trouble, at_least in troubles:
        waits: list[float] = []
        script.answers = [trouble, GOOD]
        assert client(script, waits).get("/rows").json() == {"rows": [1]}
        assert len(waits) == 1
        assert at_least <= waits[0] < at_least + 3


def test_what_does_not_pass_is_given_up_with_a_reason(script: Script) -> None:
    script.answers = [(500, {}, b'{"error": "Boom", "message": "try later"}')]
    with pytest.raises(
        GaveUpError, match=r"GET .*/rows: it answered 500 \(Boom: try later\), 4 times in a row"
    ):
        client(script).get("/rows", params={"key": SECRET})
    assert len(script.asked) == 4
    script.answers = [(429, {"Retry-After": "86400"}, b"")]
    with pytest.raises(GaveUpError, match="asks to wait 86400 seconds"):
        client(script).get("/rows")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, CredentialsRefusedError, "correct TIERLINE_VENDOR_TOKEN"),
        (403, PermissionMissingError, r"docs/sources/vendor\.md"),
        (404, NotFoundError, "check the base URL"),
        (422, RequestRefusedError, "refuses the request"),
    ],
)
def test_a_refusal_says_what_to_do_and_never_the_secret(
    script: Script, status: int, error: type[Exception], words: str
) -> None:
    echo = f'{{"errors": [{{"title": "No good: {SECRET}"}}]}}'
    script.answers = [(status, {}, echo.encode())]
    with pytest.raises(error, match=words) as raised:
        client(script).get("/rows", params={"token": SECRET})
    assert "No good: ***" in str(raised.value)
    assert len(script.asked) == 1
    shown = (
        f"{raised.value!r} {raised.value.__cause__!r} {client(script)!r} {Settings(base_url=script.url)!r}"
    )
    assert SECRET not in shown


def echoes(credentials: bytes) -> list[str]:
    """How vendors and proxies write what they were sent into an error."""
    basic = b64encode(credentials).decode()
    return [
        basic,
        basic.rstrip("="),
        basic.replace("/", "\\/"),
        quote(basic, safe=""),
        SECRET.replace("/", "\\/"),
    ]


@pytest.mark.parametrize("user", ["ana", "anna@vendor.example", "ab", "a/token"])
def test_an_echo_of_the_credentials_tells_no_secret(script: Script, user: str) -> None:
    for status, error in ((401, CredentialsRefusedError), (500, GaveUpError)):
        for echo in echoes(f"{user}:{SECRET}".encode()):
            script.answers = [(status, {}, f'{{"error": "{"x" * 280} got Basic {echo}"}}'.encode())]
            with pytest.raises(error) as raised:
                client(script, auth=HTTPBasicAuth(user, SECRET)).get("/rows")
            assert "got Basic ***" in str(raised.value)
            assert SECRET[:6] not in str(raised.value)
            assert echo[-12:-2] not in str(raised.value)


def test_what_a_login_gave_and_what_others_join_to_a_secret_is_hidden(script: Script) -> None:
    for before in ("", "i", "id", "ids"):
        joined = b64encode(f"{before}{SECRET}:{before}".encode()).decode()
        script.answers = [(401, {}, f'{{"error": "session tok-of-a-login, sent {joined}"}}'.encode())]
        with pytest.raises(CredentialsRefusedError) as raised:
            client(script, auth=BearerTokenAuth("tok-of-a-login")).get("/rows")
        assert "session ***, sent " in str(raised.value)
        told = str(raised.value).partition(", sent ")[2].partition(")")[0]
        assert "***" in told
        assert len(told) < len("***") + len(joined) - len(b64encode(SECRET.encode())) + 4


@pytest.mark.parametrize("secret", ["zq7\nzq7", "tok\u2019zq7", "zq7\tzq7", "zq7\x7f"])
def test_a_secret_that_cannot_be_sent_is_named_and_not_shown(secret: str) -> None:
    with pytest.raises(ConnectorSettingsError, match=r"TIERLINE_VENDOR_TOKEN: .* copy it again") as raised:
        read_settings(
            "vendor", Settings, {"TIERLINE_VENDOR_BASE_URL": "http://x", "TIERLINE_VENDOR_TOKEN": secret}
        )
    assert "zq7" not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_a_password_in_an_address_is_not_shown(script: Script) -> None:
    address = script.url.replace("http://", "http://ana:s3cr3t@")
    with pytest.raises(ConnectorSettingsError, match=r"BASE_URL: .*user or password") as raised:
        read_settings("vendor", Settings, {"TIERLINE_VENDOR_BASE_URL": address})
    assert "s3cr3t" not in str(raised.value)
    given = client(script, base_url=address)
    script.answers = [(200, {}, b'{"rows": [1], "next": "http://eve:s3cr3t@localhost:1/rows"}')]
    with pytest.raises(RequestRefusedError) as refused:
        list(given.paginate("/rows", paginator=JSONLinkPaginator("next"), data_selector="rows"))
    assert "s3cr3t" not in f"{refused.value} {given!r}"
    assert "http://localhost:1/rows, which is not on 127.0.0.1:" in str(refused.value)


def test_what_no_header_can_hold_is_refused_and_not_shown(script: Script) -> None:
    with pytest.raises(RequestRefusedError, match="a setting holds characters") as raised:
        client(script, headers={"Version": "1\nsecret"}).get("/rows")
    assert "secret" not in str(raised.value)


def test_a_vendors_own_way_of_saying_too_many_is_read(script: Script) -> None:
    waits: list[float] = []
    script.answers = [(403, {"X-Left": "0"}, b"{}"), GOOD]
    read = lambda response: 5.0 if response.headers.get("X-Left") == "0" else None  # noqa: E731
    client(script, waits, read_answer=read).get("/rows")
    assert 5 <= waits[0] < 6


def test_a_token_is_renewed_once(script: Script) -> None:
    auth = BearerTokenAuth("old")

    def renew() -> None:
        auth.token = "new"

    script.answers = [(401, {}, b"{}"), GOOD]
    client(script, auth=auth, renew=renew).get("/rows")
    assert [given for _, given in script.asked] == ["Bearer old", "Bearer new"]
    script.answers = [(401, {}, b"{}")]
    with pytest.raises(CredentialsRefusedError):
        client(script, auth=auth, renew=renew).get("/rows")


def test_credentials_go_to_no_other_host(script: Script) -> None:
    script.answers = [(200, {}, b'{"rows": [1], "next": "http://localhost:1/rows"}')]
    with pytest.raises(RequestRefusedError, match=r"not on 127\.0\.0\.1"):
        list(client(script).paginate("/rows", paginator=JSONLinkPaginator("next"), data_selector="rows"))


def test_a_body_is_read_however_odd_its_text(script: Script) -> None:
    script.answers = [(200, {}, b'{"rows": ["\\ud83d", NaN, "\\u0000", 123456789012345678901234567890]}')]
    rows = client(script).get("/rows").json()["rows"]
    assert rows[1:3] == [None, "\0"]
    assert rows[3] == pytest.approx(1.2345678901234568e29)


@pytest.fixture
def stranger() -> Iterator[Script]:
    script = Script()
    yield script
    script.http.shutdown()
    script.http.server_close()


def test_a_redirect_to_a_stranger_is_not_followed_with_a_key_or_a_body(
    script: Script, stranger: Script
) -> None:
    keyed = client(script, headers={"app-token": SECRET}, auth=APIKeyAuth(name="accesskey", api_key=SECRET))
    odd = stranger.url.replace("http://", "http://eve:s3cr3t@") + f"/{quote(SECRET, safe='')}?key={SECRET}"
    same_host = odd.replace("eve:s3cr3t@", f"{script.url.removeprefix('http://')}%5C@")
    for status in (301, 302, 303, 307, 308):
        for target in (odd, same_host, script.url.replace("http://", "https://"), "file:///etc/hostname"):
            script.answers = [(status, {"Location": target}, b"")]
            for ask in (lambda: keyed.get("/rows"), lambda: keyed.get("/rows", stream=True)):
                with pytest.raises(RequestRefusedError, match=r"TIERLINE_VENDOR_BASE_URL") as refused:
                    ask()
                assert "credentials are not sent there" in str(refused.value)
                assert not any(
                    told in str(refused.value) for told in (SECRET, quote(SECRET, safe=""), "s3cr3t@")
                )
            with pytest.raises(RequestRefusedError, match=r"TIERLINE_VENDOR_BASE_URL"):
                keyed.post("/login", data={"client_secret": SECRET})
    assert stranger.asked == []


def test_a_redirect_on_the_same_host_is_followed_with_its_method_and_key(script: Script) -> None:
    for status in (301, 302, 303, 307, 308):
        script.asked = []
        script.answers = [(status, {"Location": "/moved?page=2"}, b""), GOOD]
        assert client(script).get("/rows", params={"page": "1"}).json() == {"rows": [1]}
        assert script.asked == [
            ("/rows?page=1", f"Bearer {SECRET}"),
            ("/moved?page=2", f"Bearer {SECRET}"),
        ]
    for status in (307, 308):
        script.bodies = []
        script.answers = [(status, {"Location": f"{script.url}/moved"}, b""), GOOD]
        assert client(script).post("/rows", json={"wanted": 1}).json() == {"rows": [1]}
        assert script.bodies == [("POST", b'{"wanted": 1}')] * 2


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_does_not_become_a_get_that_answers_something_else(script: Script, status: int) -> None:
    script.answers = [(status, {"Location": "/rows"}, b""), (200, {}, b"[]")]
    with pytest.raises(RequestRefusedError, match=rf"POST .*/rows with {status}, a redirect"):
        client(script).post("/rows", json={})
    assert len(script.asked) == 1


def test_redirects_end(script: Script) -> None:
    script.answers = [(302, {"Location": "/rows"}, b"")]
    with pytest.raises(RequestRefusedError, match="on and on"):
        client(script).get("/rows")
    assert len(script.asked) == 6
    for odd in ((304, {}, b""), (302, {}, b"")):
        script.answers = [odd]
        with pytest.raises(RequestRefusedError, match="correct TIERLINE_VENDOR_BASE_URL"):
            client(script).get("/rows", stream=True)
