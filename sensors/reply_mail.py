"""Reading a person's reply from a mailbox: which mails it answers, who wrote it and when.

Only its headers are looked at, and none is believed further than that: what it answers is known by the
Message-ID of a mail we sent, which only its readers have, and when it came by what the mail server that took
it in wrote on top (`Received`), not by what its sender says. What machines write by themselves is no reply
(RFC 3834, and the headers that older programs use in place of it).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime

from sensors.address_news import NoNewsError, address
from sensors.sent_mail import FINGERPRINT

# Of a thread that went on for long, the newest are at the end.
_MOST_ANCESTORS = 100
# As `sensors.channels.composing.message_id` makes them.
_OURS = re.compile(rf"<{FINGERPRINT}@[^<>\s]{{1,200}}>", re.IGNORECASE)
# Not `list`: a group's address hands on what people write.
_BY_ITSELF = {"bulk", "junk", "auto_reply"}
_MACHINES = ("mailer-daemon@", "postmaster@", "no-reply@", "noreply@")
# Whoever asks others not to answer by themselves did it by itself (Exchange's automatic replies).
_MARKS = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Failed-Recipients")


@dataclass(frozen=True)
class MailReply:
    """`answered`: Message-IDs that can be ours, the one answered first. `at`: when it was taken in; None if
    no server says so."""

    answered: tuple[str, ...]
    author: str | None
    at: datetime | None


def read_reply(raw: bytes) -> MailReply:
    """The reply that a mail is. Raises `NoNewsError` for what is none."""
    try:
        mail = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
        answered = _answered(mail)
        author = parseaddr(str(mail.get("From") or ""))[1].lower()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise NoNewsError(f"the mail can't be read ({type(error).__name__})") from None
    if not answered:
        raise NoNewsError("it is neither a delivery report nor a wish to unsubscribe, and answers no mail")
    if _is_automatic(mail, author):
        raise NoNewsError("a machine wrote it by itself, so it answers nothing")
    return MailReply(answered, address(author), _taken_in(mail))


def moment(given: object) -> datetime | None:
    """When a header `Date` says a mail was written, if it says so."""
    try:
        at = parsedate_to_datetime(str(given or ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _taken_in(mail: Message) -> datetime | None:
    """Each server that hands a mail on puts its header above those that were there."""
    return moment(_header(mail, "Received").rpartition(";")[2])


def _answered(mail: Message) -> tuple[str, ...]:
    given = [*_OURS.findall(str(mail.get("References") or "")), *_OURS.findall(_header(mail, "In-Reply-To"))]
    own = _header(mail, "Message-ID").lower()
    newest_first = dict.fromkeys(reversed(given[-_MOST_ANCESTORS:]))
    return tuple(found for found in newest_first if found.lower() != own)


def _is_automatic(mail: Message, author: str) -> bool:
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _header(mail, "Precedence").lower() in _BY_ITSELF
        or _header(mail, "Return-Path") == "<>"
        or any(mark in mail for mark in _MARKS)
        or author.startswith(_MACHINES)
        or mail.get_content_type() == "multipart/report"
    )


def _header(mail: Message, name: str) -> str:
    return str(mail.get(name) or "").strip()
