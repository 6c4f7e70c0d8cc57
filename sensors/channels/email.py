"""E-mail through an SMTP relay: multipart text and HTML, one message per action.

The relay's answer to the whole message is what counts; until it comes, nobody knows. A second hand-over would
be a second e-mail (no relay promises to drop an equal Message-ID), so a doubt is held for a person.
"""

import hashlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path

from sensors.channels.channel import (
    ChannelMisconfiguredError,
    DestinationRejectedError,
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    one_by_one,
)
from sensors.channels.secrecy import scrubber

# Names that belong to nobody (RFC 2606): the seeds' examples use them.
_RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
_RESERVED_ENDINGS = (".example", ".invalid", ".test", ".localhost")
_PERMANENT = 500
_OK = 250


class SmtpChannel:
    """Keeps one connection for as long as it works. One message per claim: a crash leaves one doubt."""

    destination = "smtp"
    batch_size = 1

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        timeout_seconds: float,
        username: str | None = None,
        password: str | None = None,
        starttls: bool = True,
        implicit_tls: bool = False,
        ca_file: Path | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._sender = _checked_sender(sender)
        self._login = (username, password) if username and password else None
        self._starttls, self._implicit_tls = starttls, implicit_tls
        self._tls = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        self._timeout = timeout_seconds
        self._scrub = scrubber(password)
        self._connection: smtplib.SMTP | None = None
        # Greeting, TLS, login, envelope, message: each reply may take the whole time-out.
        self.seconds_per_message = 6 * timeout_seconds

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()
            self._connection = None

    def _send(self, message: Message) -> Receipt:
        mail = compose(message, sender=self._sender)
        try:
            connection = self._ready()
            self._envelope(connection, mail)
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise self._refusal(error.smtp_code, error.smtp_error, "before the message") from None
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise DestinationUnavailableError(
                f"the mail relay can't be used: {self._scrub(error)}", is_channel_wide=True
            ) from None
        return self._hand_over(connection, mail)

    def _hand_over(self, connection: smtplib.SMTP, mail: EmailMessage) -> Receipt:
        try:
            code, said = connection.data(mail.as_bytes(policy=SMTP_POLICY))
        except smtplib.SMTPDataError as error:
            self._drop()
            raise self._refusal(error.smtp_code, error.smtp_error, "the message") from None
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise OutcomeUnknownError(
                "the mail relay did not answer after the message "
                f"({type(error).__name__}): {self._scrub(error)}"
            ) from None
        if code != _OK:
            self._drop()
            raise self._refusal(code, said, "the message")
        return Receipt(str(mail["Message-ID"]))

    def _ready(self) -> smtplib.SMTP:
        """A connection that answers, logged in; the old one if it still does."""
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == _OK:
                    return self._connection
            except (OSError, smtplib.SMTPException):
                pass
            self._drop()
        if self._implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._tls
            )
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        self._connection = connection
        if self._starttls and not self._implicit_tls:
            connection.starttls(context=self._tls)
        connection.ehlo_or_helo_if_needed()
        if self._login:
            connection.login(*self._login)
        return connection

    def _envelope(self, connection: smtplib.SMTP, mail: EmailMessage) -> None:
        sender = mail["From"].addresses[0].addr_spec
        recipient = mail["To"].addresses[0].addr_spec
        code, said = connection.mail(sender)
        if code != _OK:
            raise DestinationUnavailableError(
                f"the mail relay does not take mail from this sender ({code}): {self._scrub(_text(said))}",
                is_channel_wide=True,
            )
        code, said = connection.rcpt(recipient)
        if code not in (_OK, 251):
            self._drop()
            raise self._refusal(code, said, "the recipient")

    def _refusal(
        self, code: int, said: bytes | str, what: str
    ) -> DestinationRejectedError | DestinationUnavailableError:
        text = f"the mail relay refused {what} ({code}): {self._scrub(_text(said))}"
        if code >= _PERMANENT and what != "before the message":
            return DestinationRejectedError(text)
        return DestinationUnavailableError(text, is_channel_wide=what == "before the message")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def compose(message: Message, *, sender: str) -> EmailMessage:
    """The e-mail as it goes out. Raises `DestinationRejectedError` for an address nobody can have.

    The same action always gives the same Message-ID, so that copies can be told apart and threads hold.
    """
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        mail["From"] = sender
        mail["To"] = _address(message)
        mail["Subject"] = message.content["subject"]
        domain = mail["From"].addresses[0].domain
    except (ValueError, IndexError, MessageError) as error:
        raise DestinationRejectedError(f"the message can't be addressed: {error}") from error
    mail["Message-ID"] = f"<{hashlib.sha256(message.action_id.encode()).hexdigest()[:40]}@{domain}>"
    # Keeps out-of-office replies away (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Tierline-Action"] = hashlib.sha256(message.action_id.encode()).hexdigest()[:40]
    mail.set_content(message.content["text"])
    mail.add_alternative(message.content["html"], subtype="html")
    return mail


def _checked_sender(sender: str) -> str:
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        mail["From"] = sender
        if len(mail["From"].addresses) == 1 and mail["From"].addresses[0].domain:
            return sender
    except (ValueError, IndexError, MessageError):
        pass
    raise ChannelMisconfiguredError(
        f"{sender!r} can't be the sender of e-mail; set it like: Tierline <customer-success@your-company.com>"
    )


def _address(message: Message) -> Address:
    try:
        address = Address(display_name=message.recipient_name or "", addr_spec=message.recipient)
    except (ValueError, IndexError, MessageError):
        raise DestinationRejectedError(
            f"{message.recipient!r} is not an e-mail address; correct the CSM's e-mail in the source, "
            "or the address in seeds/policy/recipients.csv"
        ) from None
    domain = address.domain.lower().rstrip(".")
    is_reserved = domain in _RESERVED_DOMAINS or domain.endswith(
        (*_RESERVED_ENDINGS, *(f".{name}" for name in _RESERVED_DOMAINS))
    )
    if is_reserved:
        raise DestinationRejectedError(
            f"{message.recipient} is an example address that belongs to nobody; "
            "set the real ones in seeds/policy/recipients.csv"
        )
    if not domain or not message.recipient.isascii():
        raise DestinationRejectedError(f"{message.recipient!r} is not an address this relay can take")
    return address


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
