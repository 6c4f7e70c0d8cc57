"""E-mail through an SMTP relay: multipart text and HTML, one message per action.

The relay's answer to the whole message is what counts; until it comes, nobody knows. A second hand-over would
be a second e-mail (no relay promises to drop an equal Message-ID), so a doubt is held for a person.
"""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
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
from sensors.channels.composing import checked_sender, compose
from sensors.channels.secrecy import scrubber
from sensors.channels.unsubscribing import Unsubscribing

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
        unsubscribing: Unsubscribing | None = None,
        takes_examples: bool = False,
    ) -> None:
        self._host, self._port = host, port
        self._sender = checked_sender(sender)
        self._unsubscribing, self._takes_examples = unsubscribing, takes_examples
        self._login = (username, password) if username and password else None
        self._starttls, self._implicit_tls = starttls, implicit_tls
        self._tls = _trusting(ca_file)
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
        mail = compose(
            message,
            sender=self._sender,
            unsubscribing=self._unsubscribing,
            takes_examples=self._takes_examples,
        )
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
            code, said = connection.data(mail.as_bytes())
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


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ChannelMisconfiguredError(
            f"the certificates of TIERLINE_SMTP_CA_FILE can't be read ({type(error).__name__}); "
            "it must be a file in PEM format"
        ) from None


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
