"""Reading a relay's events, or an opt-out page's log: one JSON object a line.

| field                         | says                                                          |
| ----------------------------- | ------------------------------------------------------------- |
| `event`                       | `bounce`, `dropped`, `complaint`, `spamreport`, `unsubscribe` |
| `email`, or `token`           | whom it is of; a token is the one from the mail's link        |
| `timestamp`, or `at`          | seconds since 1970, or ISO 8601                               |
| `status` (`5.1.1`), or `type` | of a bounce: `hard`, `permanent`; anything else is soft       |
| `message_id`, or `smtp-id`    | the mail's Message-ID                                         |
| `reason`                      | in words                                                      |

These are SendGrid's names; other relays' events need renaming on the way.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sensors.address_news import (
    COMPLAINT,
    HARD_BOUNCE,
    UNSUBSCRIBE,
    AddressNews,
    NoNewsError,
    address,
    bounce_kind,
    message_id,
)
from sensors.channels.unsubscribing import recipient_of
from sensors.wording import clean

LONGEST_LINE_BYTES = 100_000
_KINDS = {
    "bounce": None, "dropped": None, "complaint": COMPLAINT, "spamreport": COMPLAINT,
    "unsubscribe": UNSUBSCRIBE, "group_unsubscribe": UNSUBSCRIBE,
}  # fmt: skip
_HARD = {"hard", "permanent"}


def read_event(line: bytes, *, secret: str | None) -> AddressNews:
    """The news of one line. Raises `NoNewsError`."""
    if len(line) > LONGEST_LINE_BYTES:
        raise NoNewsError("the line is longer than any event")
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        raise NoNewsError("the line is not JSON") from None
    if not isinstance(event, dict):
        raise NoNewsError("the line is not a JSON object")
    name = str(event.get("event"))
    if name not in _KINDS:
        raise NoNewsError(f"events of this kind say nothing of an address: {clean(name, 40)}")
    reason = clean(event["reason"]) if isinstance(event.get("reason"), str) else None
    status = clean(str(event["status"]), 20) if event.get("status") else None
    return AddressNews(
        kind=_KINDS[name] or _bounce(event),
        at=_moment(event.get("timestamp", event.get("at"))),
        email=_whom(event, secret),
        message_id=message_id(event.get("message_id") or event.get("smtp-id")),
        detail=" ".join(filter(None, (status, reason))) or None,
    )


def _bounce(event: dict[str, Any]) -> str:
    if event.get("status"):
        return bounce_kind(str(event["status"]))
    return HARD_BOUNCE if str(event.get("type")).lower() in _HARD else bounce_kind(None)


def _whom(event: dict[str, Any], secret: str | None) -> str:
    if token := event.get("token"):
        email = recipient_of(secret, str(token)) if secret else None
        if email is None:
            raise NoNewsError("its token was not signed by us, or TIERLINE_UNSUBSCRIBE_SECRET is not set")
        return email
    email = address(event.get("email"))
    if email is None:
        raise NoNewsError("it names no e-mail address")
    return email


def _moment(given: object) -> datetime | None:
    try:
        if isinstance(given, (int, float)):
            return datetime.fromtimestamp(given, UTC)
        at = datetime.fromisoformat(str(given))
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
