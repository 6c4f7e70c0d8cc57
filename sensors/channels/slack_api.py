"""Slack's Web API, and what its answers mean for a message.

Slack says 200 with `ok: false` and a code; the codes: https://docs.slack.dev/reference/methods/chat.postMessage
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
)
from sensors.channels.http_answers import error_of, retry_after
from sensors.channels.secrecy import scrubber
from sensors.channels.slack import NOT_SENT
from sensors.channels.slack_clients import SlackWebClient

# About this one message or its address: the others may be taken.
_ABOUT_THE_MESSAGE = {
    "channel_not_found", "not_in_channel", "is_archived", "user_not_found", "users_not_found",
    "user_disabled", "user_not_visible", "cannot_dm_bot", "messages_tab_disabled", "no_text",
    "msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format",
    "too_many_attachments", "too_many_contact_cards", "restricted_action",
    "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
    "restricted_action_thread_locked", "restricted_action_non_threadable_channel", "thread_not_found",
    "message_not_found", "cannot_reply_to_message", "metadata_too_large", "invalid_metadata_format",
    "invalid_metadata_schema",
}  # fmt: skip
# A thread that can't be replied to (any more): the message may open another one.
THREAD_IS_GONE = {"thread_not_found", "message_not_found", "cannot_reply_to_message"}
_COME_BACK = {
    "ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "team_added_to_org",
}  # fmt: skip
_WRONG_SETTINGS = {
    "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
    "no_permission", "not_allowed_token_type", "access_denied", "org_login_required", "ekm_access_denied",
    "team_access_not_granted", "enterprise_is_restricted", "invalid_arguments", "unknown_method",
}  # fmt: skip
# "Some aspect of the operation may have succeeded."
_NOBODY_KNOWS = {"fatal_error", "internal_error"}
_CODE = re.compile(r"[a-z][a-z0-9_]*")
# How long a channel whose settings Slack refuses is left alone: a person has to act first.
_SETTINGS_REST = timedelta(minutes=5)


class SlackRefusedError(DestinationRejectedError):
    """Slack's "no" to this one message; `code` is Slack's word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused it: {code}")
        self.code = code


class PatienceError(DestinationUnavailableError):
    """Slack is well, and wants to be asked less often."""


class SlackApi:
    """One bot's calls: nothing is tried again in here, and the token is never written down."""

    def __init__(
        self, token: str, *, base_url: str, timeout_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._scrub = scrubber(token)
        self._now = now
        # How far Slack's clock is ahead of ours, as its last answer showed.
        self.ahead = timedelta(0)
        self.client = SlackWebClient(
            token,
            base_url=base_url.rstrip("/") + "/",
            timeout=max(1, round(timeout_seconds)),
            # The SDK would try again after a reset connection, when the first message may have arrived.
            retry_handlers=[],
            # The SDK logs what it sends; this logger is connected to nothing.
            logger=logging.Logger("slack bot", level=logging.CRITICAL + 1),
        )

    def write(self, method: Callable[..., SlackResponse], **fields: Any) -> dict[str, Any]:
        """Call a method that changes something. Raises `DeliveryError`."""
        try:
            response = method(**fields)
        except SlackApiError as error:
            raise self._meaning(error) from None
        except URLError as error:
            if isinstance(error.reason, NOT_SENT):
                raise DestinationUnavailableError(
                    f"Slack can't be reached: {self._scrub(error.reason)}", is_channel_wide=True
                ) from None
            raise OutcomeUnknownError(f"the connection to Slack broke: {self._scrub(error.reason)}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise OutcomeUnknownError(
                f"Slack did not answer ({type(error).__name__}): {self._scrub(error)}"
            ) from None
        self._compare_clocks(response)
        if not isinstance(response.data, dict):
            raise OutcomeUnknownError("Slack's answer is no object")
        return response.data

    def ask(self, method: Callable[..., SlackResponse], **fields: Any) -> dict[str, Any]:
        """Call a method that only reads: without an answer nothing has happened. Raises `DeliveryError`."""
        try:
            return self.write(method, **fields)
        except OutcomeUnknownError as error:
            raise DestinationUnavailableError(str(error)) from None

    def _compare_clocks(self, response: SlackResponse) -> None:
        stamp = next((value for name, value in response.headers.items() if name.lower() == "date"), "")
        try:
            self.ahead = parsedate_to_datetime(str(stamp)) - self._now()
        except (ValueError, TypeError):
            self.ahead = timedelta(0)

    def _meaning(self, error: SlackApiError) -> DeliveryError:
        response = error.response
        said = response.data.get("error") if isinstance(response.data, dict) else None
        code = str(said or "")
        if not _CODE.fullmatch(code):
            # Not Slack's words (a proxy's page, half an answer): the status says what there is to know.
            unreadable = OutcomeUnknownError("Slack's answer can't be read")
            status = int(response.status_code)
            return error_of(status, response.headers, self._scrub(code), now=self._now()) or unreadable
        wait = retry_after(response.headers, now=self._now())
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or code in _COME_BACK:
            return PatienceError(f"Slack asks for patience: {code}", retry_after=wait, is_channel_wide=True)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or code in _NOBODY_KNOWS:
            return OutcomeUnknownError(f"Slack failed: {code}")
        if code in _ABOUT_THE_MESSAGE:
            return SlackRefusedError(code)
        if code in _WRONG_SETTINGS:
            needed = response.data.get("needed") if isinstance(response.data, dict) else None
            return DestinationUnavailableError(
                f"Slack does not let the bot in: {code}{f' ({needed})' if needed else ''}; check "
                "TIERLINE_SLACK_BOT_TOKEN and the app's scopes (docs/delivery.md)",
                retry_after=_SETTINGS_REST,
                is_channel_wide=True,
            )
        return DestinationUnavailableError(f"Slack did not take it: {code}")
