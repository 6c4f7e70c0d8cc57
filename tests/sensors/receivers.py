"""Real local destinations that record what reaches them and misbehave when told to."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the receiver does. `effect`: it takes the message; a status of 0: it hangs up in silence, or
    with a reset (`reset`)."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "ok"
    effect: bool = True
    delay: float = 0.0
    reset: bool = False


@dataclass
class HttpReceiver:
    """`script` decides per request (counted from 0); `taken` are the requests that had their effect."""

    script: Callable[[int, Request], Answer] = lambda number, request: Answer()
    seen: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)
    url: str = ""

    def handle(self, request: Request) -> Answer:
        with self._lock:
            answer = self.script(len(self.seen), request)
            self.seen.append(request)
            if answer.effect and not 300 <= answer.status < 500:
                self.taken.append(request)
        return answer

    def __post_init__(self) -> None:
        self._lock = threading.Lock()


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                # Its sender was killed while it wrote: no server takes half a request.
                self.close_connection = True
                return
            answer = receiver.handle(Request(self.path, dict(self.headers), body))
            time.sleep(answer.delay)
            if answer.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body.encode())))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        do_GET = do_PUT = do_PATCH = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A killed client breaks its connection; that is what the tests are for."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class MailReceiver:
    """`answer` decides what is said to a message (counted from 0); None hangs up after having taken it."""

    answer: Callable[[int], str | None] = lambda number: "250 taken"
    envelopes: list[Envelope] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    was_encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answer(len(self.envelopes))
        self.envelopes.append(envelope)
        if answer is None or answer.startswith("250"):
            mail = message_from_bytes(envelope.original_content or b"", policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.was_encrypted.append(session.ssl is not None)
        if answer is None:
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        return answer


class _AnyPort(Controller):
    """Listens on a free port; the controller itself would knock at port 0 to see whether it is up."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_receiver(**options: Any) -> Iterator[MailReceiver]:
    receiver = MailReceiver()
    controller = _AnyPort(receiver, hostname="127.0.0.1", port=0, **options)
    controller.start()
    receiver.port = controller.port
    try:
        yield receiver
    finally:
        controller.stop()
