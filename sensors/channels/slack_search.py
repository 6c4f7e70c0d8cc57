"""Finding a message in a Slack conversation by the action id in its metadata."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web import SlackResponse

from sensors.channels.slack_api import THREAD_IS_GONE, SlackApi, SlackRefusedError

_PAGE = 200
# Clocks are compared to the second, and a message is stamped when Slack takes it.
_MARGIN = timedelta(minutes=10)


@dataclass(frozen=True)
class FoundMessage:
    """`thread` is None for a message that is no reply."""

    ts: str
    thread: str | None


class Search:
    """Reads a conversation back to the moment the message may have been sent first, and no further."""

    def __init__(self, api: SlackApi, event_type: str) -> None:
        self._api = api
        self._event_type = event_type

    def find(
        self, conversation: str, thread: str | None, action_id: str, *, since: datetime
    ) -> FoundMessage | None:
        """The action's message in the conversation or in the account's thread. Raises `DeliveryError`."""
        for message in self._recent(conversation, since):
            if self._carries(message, action_id):
                return _found(message)
        for message in self._replies(conversation, thread, since) if thread else ():
            if self._carries(message, action_id):
                return _found(message)
        return None

    def _carries(self, message: dict[str, Any], action_id: str) -> bool:
        metadata = message.get("metadata") or {}
        payload = metadata.get("event_payload") or {}
        return metadata.get("event_type") == self._event_type and payload.get("action_id") == action_id

    def _recent(self, conversation: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Newest first. Replies are not among them."""
        for message in self._pages(self._api.client.conversations_history, channel=conversation):
            if float(message["ts"]) < self._oldest(since):
                return
            yield message

    def _replies(self, conversation: str, thread: str, since: datetime) -> Iterator[dict[str, Any]]:
        """Oldest first, after the message that opened the thread."""
        try:
            yield from self._pages(
                self._api.client.conversations_replies,
                channel=conversation,
                ts=thread,
                oldest=f"{self._oldest(since):.6f}",
            )
        except SlackRefusedError as error:
            if error.code not in THREAD_IS_GONE:
                raise

    def _oldest(self, since: datetime) -> float:
        """By Slack's clock, in seconds since 1970."""
        return (since + self._api.ahead - _MARGIN).timestamp()

    def _pages(self, method: Callable[..., SlackResponse], **fields: Any) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self._api.ask(method, **fields, limit=_PAGE, include_all_metadata=True, cursor=cursor)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def _found(message: dict[str, Any]) -> FoundMessage:
    thread = message.get("thread_ts")
    return FoundMessage(str(message["ts"]), None if thread in (None, message["ts"]) else str(thread))
