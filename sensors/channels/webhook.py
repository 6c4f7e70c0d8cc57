"""The signed webhook: one JSON POST per action to a receiver that shares a secret with us.

Headers: `Tierline-Timestamp`, `Tierline-Signature` (see `sensors.channels.signature`) and `Idempotency-Key`,
which is the `action_id`: sending again after a doubt is safe, because the receiver drops what it has seen.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import httpx

from sensors.channels.addresses import VettedTransport
from sensors.channels.channel import (
    Message,
    Outcome,
    Receipt,
    one_by_one,
)
from sensors.channels.http_answers import error_of
from sensors.channels.http_sending import answer_to
from sensors.channels.secrecy import scrubber
from sensors.channels.signature import IDEMPOTENCY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

_REFERENCE_LENGTH = 200
_READ_BYTES = 2_000


class WebhookChannel:
    """Posts to one URL and follows no redirect (one would carry the signature to a stranger).

    Only public addresses are connected to, unless `allow_private` (`sensors.channels.addresses`).

    The transport is used without httpx's client on top: that one logs every URL, keeps cookies and
    reads proxies from the environment.
    """

    destination = "webhook"
    batch_size = 20

    def __init__(
        self,
        url: str,
        *,
        secret: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
        allow_private: bool = False,
    ) -> None:
        self._url = httpx.URL(url)
        self._secret = secret
        self._timeout = httpx.Timeout(timeout_seconds).as_dict()
        self._now = now
        self._scrub = scrubber(url, secret)
        self._transport = httpx.HTTPTransport() if allow_private else VettedTransport()
        # Connecting, sending and reading each may take the whole timeout.
        self.seconds_per_message = 3 * timeout_seconds

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        self._transport.close()

    def _send(self, message: Message) -> Receipt:
        # A receiver has no business sending more than a few words.
        response, said = answer_to(
            self._request(message),
            self._transport,
            name="the webhook's receiver",
            scrub=self._scrub,
            read_bytes=_READ_BYTES,
        )
        if error := error_of(response.status_code, response.headers, self._scrub(said), now=self._now()):
            raise error
        reference = response.headers.get("x-request-id") or f"{response.status_code}"
        return Receipt(self._scrub(reference)[:_REFERENCE_LENGTH])

    def _request(self, message: Message) -> httpx.Request:
        body = json.dumps(
            message.content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
        timestamp = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "tierline",
            TIMESTAMP_HEADER: str(timestamp),
            SIGNATURE_HEADER: sign(self._secret, timestamp, body),
            IDEMPOTENCY_HEADER: message.action_id,
        }
        return httpx.Request(
            "POST", self._url, headers=headers, content=body, extensions={"timeout": self._timeout}
        )
