"""From a rendered message to the e-mail as it goes out: both forms, headers, and the way to opt out.

Nothing here depends on the time or on chance but the boundary between the parts: the preview shows the same
mail.
"""

import hashlib
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from html import escape

from sensors.channels.channel import ChannelMisconfiguredError, DestinationRejectedError, Message
from sensors.channels.unsubscribing import Unsubscribing

CUSTOMER = "customer"
MARKETING = "marketing"


class _Policy(EmailPolicy):
    """Leaves addresses to opt out whole: folded, long ones would be torn into encoded words."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep=SMTP.linesep, raise_on_defect=False)
# Names that belong to nobody (RFC 2606): the seeds' examples use them.
_RESERVED_DOMAINS = ("example.com", "example.org", "example.net")
_RESERVED_ENDINGS = (".example", ".invalid", ".test", ".localhost")
# Where the layout for customers has room for the way out.
_ROOM = "<!-- unsubscribe -->"
_SAID = "Unsubscribe from tips and product news"


def compose(
    message: Message,
    *,
    sender: str,
    unsubscribing: Unsubscribing | None = None,
    takes_examples: bool = False,
) -> EmailMessage:
    """The e-mail as it goes out. Raises `DestinationRejectedError` for an address nobody can have, and for
    marketing that its reader could not opt out of.

    The same action always gives the same Message-ID, so that copies can be told apart and threads hold.
    """
    if message.message_kind == MARKETING and unsubscribing is None:
        raise DestinationRejectedError(
            "marketing mail needs a way to unsubscribe and none is configured; "
            "set TIERLINE_UNSUBSCRIBE_URL and TIERLINE_UNSUBSCRIBE_SECRET, then resend it"
        )
    mail = EmailMessage(policy=_POLICY)
    try:
        mail["From"] = sender
        mail["To"] = _address(message, takes_examples=takes_examples)
        mail["Subject"] = message.content["subject"]
        domain = mail["From"].addresses[0].domain
    except (ValueError, IndexError, MessageError) as error:
        raise DestinationRejectedError(f"the message can't be addressed: {error}") from error
    mail["Message-ID"] = message_id(message.action_id, domain)
    # Keeps out-of-office replies away (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Tierline-Action"] = fingerprint(message.action_id)
    if message.content.get("audience") == CUSTOMER:
        if message.reply_to and (reply_to := _reply_to(*message.reply_to, takes_examples=takes_examples)):
            mail["Reply-To"] = reply_to
        if unsubscribing:
            mail["List-Unsubscribe"] = f"<{unsubscribing.address_for(message.recipient)}>"
            if unsubscribing.is_one_click:
                mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text, html = both_forms(message, unsubscribing)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail


def both_forms(message: Message, unsubscribing: Unsubscribing | None) -> tuple[str, str]:
    """Text and HTML as its reader sees them: a customer's with the way to opt out, where there is one."""
    text, html = message.content["text"], message.content["html"]
    if message.content.get("audience") != CUSTOMER or unsubscribing is None:
        return text, html
    return _with_way_out(text, html, unsubscribing.address_for(message.recipient))


def message_id(action_id: str, domain: str) -> str:
    return f"<{fingerprint(action_id)}@{domain}>"


def checked_sender(sender: str) -> str:
    """The sender's address, if mail can have it. Raises `ChannelMisconfiguredError`."""
    mail = EmailMessage(policy=_POLICY)
    try:
        mail["From"] = sender
        if len(mail["From"].addresses) == 1 and mail["From"].addresses[0].domain:
            return sender
    except (ValueError, IndexError, MessageError):
        pass
    raise ChannelMisconfiguredError(
        f"{sender!r} can't be the sender of e-mail; set it like: Tierline <customer-success@your-company.com>"
    )


def fingerprint(action_id: str) -> str:
    """Forty hexadecimal digits that stand for the action in mail."""
    return hashlib.sha256(action_id.encode()).hexdigest()[:40]


def _with_way_out(text: str, html: str, address: str) -> tuple[str, str]:
    link = f'<br><a href="{escape(address)}" style="color:#5B6577;text-decoration:underline">{_SAID}</a>'
    room = _ROOM if _ROOM in html else "</body>"
    placed = html.replace(room, link if room == _ROOM else link + room, 1)
    return f"{text.rstrip()}\n{_SAID}:\n{address}\n", placed


def _reply_to(name: str | None, address: str, *, takes_examples: bool) -> Address | None:
    """The CSM's address, so that a reply reaches a person; without a usable one, replies go to the sender."""
    try:
        given = Address(display_name=name or "", addr_spec=address)
    except (ValueError, IndexError, MessageError):
        return None
    if not given.domain or not address.isascii():
        return None
    return given if takes_examples or not _is_reserved(given.domain) else None


def _address(message: Message, *, takes_examples: bool) -> Address:
    try:
        address = Address(display_name=message.recipient_name or "", addr_spec=message.recipient)
    except (ValueError, IndexError, MessageError):
        raise DestinationRejectedError(
            f"{message.recipient!r} is not an e-mail address; correct the CSM's e-mail in the source, "
            "or the address in seeds/policy/recipients.csv"
        ) from None
    if _is_reserved(address.domain) and not takes_examples:
        raise DestinationRejectedError(
            f"{message.recipient} is an example address that belongs to nobody; "
            "set the real ones in seeds/policy/recipients.csv"
        )
    if not address.domain.strip(".") or not message.recipient.isascii():
        raise DestinationRejectedError(f"{message.recipient!r} is not an address this relay can take")
    return address


def _is_reserved(domain: str) -> bool:
    domain = domain.lower().rstrip(".")
    return domain in _RESERVED_DOMAINS or domain.endswith(
        (*_RESERVED_ENDINGS, *(f".{name}" for name in _RESERVED_DOMAINS))
    )
