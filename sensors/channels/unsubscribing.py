"""How whoever gets customer mail says "no more": an address that only this recipient's mail holds.

The address is a web page or form of yours (`https://…{token}…`), or a mailbox (`mailto:…`). The token names
the recipient and is signed, so that nobody can opt somebody else out by guessing; `python -m sensors
bounces` reads it back from what the page or the mailbox received.

Headers: RFC 2369 (`List-Unsubscribe`), RFC 8058 (one click, web addresses only).
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from sensors.channels.channel import ChannelMisconfiguredError

TOKEN = "{token}"  # noqa: S105 - a placeholder, no secret
# Half of a SHA-256: still far beyond guessing, and short enough for a link that people see.
_SIGNATURE_BYTES = 16
_SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Unsubscribing:
    """`url` is a template of the address, `secret` signs its tokens. Raises `ChannelMisconfiguredError`."""

    url: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < _SHORTEST_SECRET:
            raise ChannelMisconfiguredError(
                f"TIERLINE_UNSUBSCRIBE_SECRET must have at least {_SHORTEST_SECRET} characters"
            )
        if (
            not self._leads_somewhere()
            or not self.url.isascii()
            or any(c in self.url for c in ' \t\r\n<>",;')
        ):
            raise ChannelMisconfiguredError(
                "TIERLINE_UNSUBSCRIBE_URL must look like https://your-company.com/unsubscribe?t={token} or "
                "mailto:unsubscribe@your-company.com"
            )

    def _leads_somewhere(self) -> bool:
        try:
            parts = urlsplit(self.url)
        except ValueError:  # such as a bracket that is never closed
            return False
        is_page = parts.scheme == "https" and bool(parts.hostname) and self.url.count(TOKEN) == 1
        return is_page or (parts.scheme == "mailto" and "@" in parts.path and not parts.query)

    @property
    def is_one_click(self) -> bool:
        """Whether mail programs may post to the address themselves."""
        return self.url.startswith("https:")

    def address_for(self, recipient: str) -> str:
        """The address that opts this recipient out."""
        token = token_for(self.secret, recipient)
        if self.is_one_click:
            return self.url.replace(TOKEN, token)
        return f"{self.url}?subject={quote(f'unsubscribe {token}')}"


def token_for(secret: str, recipient: str) -> str:
    """Letters, digits, `-`, `_` and one dot: `<recipient>.<signature>`, each in URL-safe base 64."""
    who = recipient.strip().lower().encode()
    return f"{_written(who)}.{_written(_signature(secret, who))}"


def recipient_of(secret: str, token: str) -> str | None:
    """Whom a token names, in lower case; None if it was not signed with this secret."""
    named, _, signed = token.strip().partition(".")
    try:
        who, signature = _read(named), _read(signed)
        recipient = who.decode()
    except (ValueError, binascii.Error):
        return None
    return recipient if hmac.compare_digest(signature, _signature(secret, who)) else None


def _signature(secret: str, who: bytes) -> bytes:
    return hmac.new(secret.encode(), b"unsubscribe:" + who, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _written(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _read(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
