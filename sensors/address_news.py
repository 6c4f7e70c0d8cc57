"""What mail and relays say of addresses: one shape for both, and what a status code means for an address."""

import re
from dataclasses import dataclass
from datetime import datetime

HARD_BOUNCE, SOFT_BOUNCE, COMPLAINT, UNSUBSCRIBE = "hard_bounce", "soft_bounce", "complaint", "unsubscribe"
LONGEST_ADDRESS = 320
_ADDRESS = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+\.[^\s@<>\"',;:()]+")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Permanent, yet not the address's fault (RFC 3463): a full mailbox, a system or network in trouble, a
# message that is too big or unwanted, a sender that is not trusted. Writing there again later may work.
_SAYS_NOTHING_OF_THE_ADDRESS = re.compile(r"5\.(2\.[2-4]|[34]\.\d+|6\.\d+|7\.\d+)")


@dataclass(frozen=True)
class AddressNews:
    """One piece of news. `message_id` is our mail it answers, with its angle brackets; `email` is None where
    only that mail says whom it was sent to; `at` is None where no time is given."""

    kind: str
    at: datetime | None
    email: str | None
    message_id: str | None
    detail: str | None


class NoNewsError(ValueError):
    """Nothing can be learned from it; the text says why."""


class NoAddressError(ValueError):
    """This is no e-mail address."""


def bounce_kind(status: str | None) -> str:
    """`hard_bounce` for a status such as `5.1.1`; in doubt it is soft, which marks no address."""
    found = _STATUS.search(status or "")
    if found is None or found[1] != "5" or _SAYS_NOTHING_OF_THE_ADDRESS.fullmatch(found[0]):
        return SOFT_BOUNCE
    return HARD_BOUNCE


def address(given: object) -> str | None:
    """A plain address in lower case, or None."""
    text = str(given or "").strip().removeprefix("<").removesuffix(">").lower()
    return text if len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) else None


def message_id(given: object) -> str | None:
    """A Message-ID with its angle brackets, or None."""
    found = re.search(r"<[^<>\s]{3,250}>", str(given or "").strip())
    if found is None and re.fullmatch(r"[^<>\s@]{1,200}@[^<>\s@]{1,100}", str(given or "").strip()):
        return f"<{str(given).strip()}>"
    return found[0] if found else None
