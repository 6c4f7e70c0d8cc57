"""Slack through an incoming webhook: one message per action into the channel the webhook belongs to.

Answers: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
A webhook offers neither an idempotency key nor a way to look a message up; see `channel.RECOVERIES`.
"""

import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http.client import HTTPException
from urllib.error import URLError

from sensors.channels.channel import (
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    one_by_one,
)
from sensors.channels.http_answers import error_of
from sensors.channels.secrecy import scrubber
from sensors.channels.slack_clients import SlackWebhookClient

# Reasons of an error while connecting. A time-out here is one of connecting, too: the request itself is small
# enough for the kernel to take it whole, so only waiting for the answer can time out later.
NOT_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLError, TimeoutError)


class SlackWebhookChannel:
    """Posts blocks with a plain-text fallback. One message per claim, so that a crash leaves one doubt."""

    destination = "slack_webhook"
    batch_size = 1

    def __init__(self, webhook_url: str, *, timeout_seconds: float, now: Callable[[], datetime]) -> None:
        self._scrub = scrubber(webhook_url)
        self._now = now
        self.seconds_per_message = 3 * timeout_seconds
        self._client = SlackWebhookClient(
            webhook_url,
            timeout=max(1, round(timeout_seconds)),
            # The SDK would try again after a reset connection, when the first message may have arrived.
            retry_handlers=[],
            # The SDK logs the URL, which is the secret; this logger is connected to nothing.
            logger=logging.Logger("slack webhook", level=logging.CRITICAL + 1),
        )

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        """Every message opens its own connection."""

    def _send(self, message: Message) -> Receipt:
        try:
            response = self._client.send(
                text=message.content["text"],
                blocks=message.content["blocks"],
                unfurl_links=False,
                unfurl_media=False,
            )
        except URLError as error:
            if isinstance(error.reason, NOT_SENT):
                raise DestinationUnavailableError(
                    f"Slack can't be reached: {self._scrub(error.reason)}", is_channel_wide=True
                ) from None
            raise OutcomeUnknownError(f"the connection to Slack broke: {self._scrub(error.reason)}") from None
        except (OSError, HTTPException) as error:
            raise OutcomeUnknownError(f"Slack did not answer: {self._scrub(error)}") from None
        headers = dict(response.headers.items())
        if refusal := error_of(response.status_code, headers, self._scrub(response.body), now=self._now()):
            raise refusal
        return Receipt(headers.get("x-slack-req-id") or headers.get("X-Slack-Req-Id") or "ok")
