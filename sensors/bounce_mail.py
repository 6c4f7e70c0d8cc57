"""Reading what comes to the mailbox that mail is sent from: delivery reports (RFC 3464), mail whose subject
holds a signed token to unsubscribe, and people's replies. Whatever else lies there is left out, with the
reason.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message

from sensors.address_news import UNSUBSCRIBE, AddressNews, NoNewsError, bounce_kind, message_id
from sensors.channels.unsubscribing import recipient_of
from sensors.reply_mail import MailReply, moment, read_reply
from sensors.wording import clean

LARGEST_MAIL_BYTES = 10_000_000
_WISH = re.compile(r"unsubscribe\s+([A-Za-z0-9_.=-]{10,700})", re.IGNORECASE)
_NO_DELIVERY = "failed"
_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


def read_mail(raw: bytes, *, secret: str | None) -> AddressNews | MailReply:
    """The news of one mail. `secret` is the one that signs tokens to unsubscribe. Raises `NoNewsError`."""
    if len(raw) > LARGEST_MAIL_BYTES:
        # larger than any report; a reply may have things attached
        return read_reply(raw)
    try:
        mail = message_from_bytes(raw, policy=policy.compat32)
        if mail.get_content_type() == "multipart/report":
            return _report(mail)
        subject = _subject(raw)
        at = moment(mail.get("Date"))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, NoNewsError):
            raise
        raise NoNewsError(f"the mail can't be read ({type(error).__name__})") from None
    wish = _WISH.search(subject)
    if wish is None:
        return read_reply(raw)
    if not secret:
        raise NoNewsError("TIERLINE_UNSUBSCRIBE_SECRET is not set, so its token can't be checked")
    email = recipient_of(secret, wish[1])
    if email is None:
        raise NoNewsError("its token was not signed by us")
    return AddressNews(UNSUBSCRIBE, at, email, None, "by e-mail")


def _report(mail: Message) -> AddressNews:
    recipients = list(_recipients(mail))
    if not recipients:
        raise NoNewsError("it is a report of another kind than of deliveries")
    about = _returned_id(mail)
    if about is None:
        raise NoNewsError("the report does not say which mail it is about")
    failed = [each for each in recipients if _field(each, "Action").lower() == _NO_DELIVERY]
    if not failed:
        raise NoNewsError("the report is of no failure (delayed, relayed or delivered)")
    at = moment(mail.get("Date"))
    # Our mail has one recipient each; behind a forwarding there can be several.
    statuses = [_field(each, "Status") for each in failed]
    worst = min(range(len(failed)), key=lambda n: bounce_kind(statuses[n]))
    said = _field(failed[worst], "Diagnostic-Code").partition(";")[2] or _field(
        failed[worst], "Diagnostic-Code"
    )
    detail = clean(f"{statuses[worst]} {said}".strip()) or None
    return AddressNews(bounce_kind(statuses[worst]), at, None, about, detail)


def _recipients(mail: Message) -> Iterator[Message]:
    """The blocks of a report that are each about one recipient; the first block is about the mail."""
    for part in mail.walk():
        if part.get_content_type() in _REPORT_TYPES and isinstance(blocks := part.get_payload(), list):
            yield from (
                block for block in blocks if isinstance(block, Message) and block.get("Final-Recipient")
            )


def _returned_id(mail: Message) -> str | None:
    for part in mail.walk():
        if part.get_content_type() in _REPORT_TYPES and isinstance(blocks := part.get_payload(), list):
            for block in blocks:
                if isinstance(block, Message) and (found := message_id(block.get("Original-Message-ID"))):
                    return found
    for part in mail.walk():
        if part.get_content_type() not in _RETURNED_TYPES:
            continue
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            return message_id(inner[0].get("Message-ID"))
        decoded = part.get_payload(decode=True)
        if isinstance(decoded, bytes):
            return message_id(message_from_bytes(decoded, policy=policy.compat32).get("Message-ID"))
    return None


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name) or "").split())


def _subject(raw: bytes) -> str:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return str(mail.get("Subject") or "")
