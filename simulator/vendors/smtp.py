"""A mail relay: takes messages by SMTP, lists them by HTTP.

Faults hit a message once it has been handed over (method `DATA`, path: its first recipient): `server_error`
answers `status` (an SMTP one, else 451), `rate_limit` 450, a time-out closes the connection, before or after
the message was taken. AUTH is offered (any name, the vendor's secret) and not required; there is no TLS.
"""

import asyncio
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from simulator.vendors.hearing import Heard
from simulator.vendors.message import Answer, Request
from simulator.vendors.vendor import Vendor, iso, route
from simulator.vendors.view import Row

if TYPE_CHECKING:
    from simulator.vendors.server import VendorServer

BYTES_MOST = 20 * 2**20
TAKEN = 250
REFUSALS = (421, 450, 451, 452, 550, 551, 552, 553, 554)
WORDS = {421: "4.3.2 closing", 450: "4.2.1 too many messages", 550: "5.1.1 no such user"}


class Smtp(Vendor):
    name = "smtp"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._taken: list[Row] = []

    def take(self, envelope: Envelope) -> str:
        """Keeps a message; returns its number in the queue."""
        content = envelope.original_content or b""
        mail = message_from_bytes(content, policy=policy.default)
        text, html = (_body(mail, kind) for kind in ("plain", "html"))
        at, number = self.tick(), f"Q{len(self._taken) + 1:06d}"
        self._taken.append(
            {"id": number, "from": envelope.mail_from, "to": list(envelope.rcpt_tos), "received_at": iso(at),
             "subject": str(mail["Subject"] or ""), "message_id": str(mail["Message-ID"] or ""),
             "headers": {name: str(value) for name, value in mail.items()}, "text": text, "html": html}
        )  # fmt: skip
        said = f"{mail['Subject'] or ''}\n{text or html}"
        for recipient in envelope.rcpt_tos:
            self.hear(Heard("email", at, said, recipient=recipient))
        return number

    @route("GET", "/messages")
    def messages(self, request: Request) -> Answer:
        """Everything taken, the oldest first; `?to=` one recipient's."""
        wanted = request.one("to")
        return Answer.json([each for each in self._taken if wanted is None or wanted in each["to"]])


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


class _Handler:
    def __init__(self, server: "VendorServer", vendor: Smtp) -> None:
        self._server, self._vendor = server, vendor

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content, to = envelope.original_content or b"", ", ".join(envelope.rcpt_tos)
        request = Request("DATA", to, {}, {"mail-from": envelope.mail_from or ""}, content, "smtp:")
        fault = self._server.fault_for(self._vendor.name, "DATA", to)
        kind = fault.kind if fault else ""
        status = TAKEN
        if fault and kind in ("server_error", "server_error_after", "rate_limit"):
            status = 450 if kind == "rate_limit" else fault.status if fault.status in REFUSALS else 451
        lost = fault is not None and kind in ("timeout_before", "timeout_after", "truncated_body")
        with self._server.lock:
            takes = kind not in ("server_error", "rate_limit", "timeout_before")
            number = self._vendor.take(envelope) if takes else ""
        self._server.journal.add(self._vendor.name, request, None if lost else status, kind or None)
        if fault and lost:
            await asyncio.sleep(fault.seconds if kind != "truncated_body" else 0)
            if smtp.transport is not None:
                smtp.transport.close()
        if status == TAKEN:
            return f"250 2.0.0 queued as {number}"
        return f"{status} {WORDS.get(status, '4.3.0 try again')}"


class Relay:
    """The listening side, in a thread of its own."""

    def __init__(self, server: "VendorServer", vendor: Smtp) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address: tuple[str, int] = free.getsockname()

        def login(smtp: Any, session: Any, envelope: Any, mechanism: Any, given: Any) -> AuthResult:
            known = isinstance(given, LoginPassword) and given.password == vendor.secret.encode()
            return AuthResult(success=known, handled=known)

        self._controller = Controller(
            _Handler(server, vendor), *self.address, authenticator=login, auth_require_tls=False,
            data_size_limit=BYTES_MOST, ident="simulated",
        )  # fmt: skip
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)
