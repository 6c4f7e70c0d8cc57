"""Signing outgoing webhooks, and checking the signature on the receiving side.

A receiver, in any language, does four things:

1. read the raw body, before any parsing;
2. refuse when `Tierline-Timestamp` (seconds since 1970, UTC) is more than five minutes away from its clock;
3. compute HMAC-SHA-256 with the shared secret over `<timestamp>.<body>` and compare `v1=<hex>` with
   `Tierline-Signature` in constant time;
4. remember the body's `action_id` and answer 200 without doing anything when it has seen it before.

`verify` does 2 and 3, and returns the id to remember for 4. The id is taken from the signed body:
`Idempotency-Key` says the same, but nobody signed that header, so a request that was recorded could be sent
again within the five minutes under another key. One whose key is not its body's id is refused.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

TIMESTAMP_HEADER = "Tierline-Timestamp"
SIGNATURE_HEADER = "Tierline-Signature"
IDEMPOTENCY_HEADER = "Idempotency-Key"
# How far a receiver's clock and ours may be apart before a request counts as replayed.
TOLERANCE = timedelta(minutes=5)


class SignatureInvalidError(ValueError):
    """The request does not come from the holder of the secret, or is too old; answer 401."""


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The `Tierline-Signature` of a body sent at `timestamp` (seconds since 1970, UTC)."""
    signed = b"%d." % timestamp + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime, tolerance: timedelta = TOLERANCE
) -> str:
    """Check a received request; header names in any case. Raises `SignatureInvalidError`.

    Returns the action's id: a request whose id was seen before is a repetition, by us or by an eavesdropper.
    """
    given = {name.lower(): value for name, value in headers.items()}
    stamp, signature = given.get(TIMESTAMP_HEADER.lower(), ""), given.get(SIGNATURE_HEADER.lower(), "")
    if not (stamp.isascii() and stamp.isdigit()):
        raise SignatureInvalidError(f"{TIMESTAMP_HEADER} is missing or not a whole number of seconds")
    if abs(now.astimezone(UTC).timestamp() - int(stamp)) > tolerance.total_seconds():
        raise SignatureInvalidError(f"{TIMESTAMP_HEADER} is more than {tolerance} away from this clock")
    if not hmac.compare_digest(sign(secret, int(stamp), body).encode(), signature.encode()):
        raise SignatureInvalidError(f"{SIGNATURE_HEADER} does not match the body")
    action_id = _signed_id(body)
    if given.get(IDEMPOTENCY_HEADER.lower()) != action_id:
        raise SignatureInvalidError(f"{IDEMPOTENCY_HEADER} is not the id of the signed action")
    return action_id


def _signed_id(body: bytes) -> str:
    try:
        return str(json.loads(body)["action_id"])
    except (ValueError, KeyError, TypeError):
        raise SignatureInvalidError("the signed body names no action") from None
