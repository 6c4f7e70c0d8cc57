"""What people wrote in a thread: `conversations.replies`, without what bots and Slack itself put there.

https://docs.slack.dev/reference/methods/conversations.replies
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sensors.channels.channel import DestinationUnavailableError
from sensors.channels.slack_api import SlackApi

_PAGE = 200
# What a person's message can be; all other subtypes are notices (somebody joined, a bot's message ...).
_SPOKEN = {None, "file_share", "me_message", "thread_broadcast"}
_SLACK_ITSELF = "USLACKBOT"
_TS = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Said:
    """`ts` is Slack's, in seconds since 1970 and the message's key; `person` a Slack id."""

    ts: str
    person: str


def said_in(api: SlackApi, conversation: str, thread: str, *, after: str) -> Iterator[Said]:
    """Each message of a person after the one with this `ts`, oldest first. Raises `DeliveryError`."""
    cursor: str | None = None
    while True:
        page = api.ask(
            api.client.conversations_replies,
            channel=conversation,
            ts=thread,
            oldest=after,
            limit=_PAGE,
            cursor=cursor,
        )
        messages = page.get("messages")
        if not isinstance(messages, list):
            raise DestinationUnavailableError("Slack's answer holds no messages")
        for message in messages:
            # The message that opened the thread comes along on every page.
            if _is_a_persons(message) and float(message["ts"]) > float(after):
                yield Said(str(message["ts"]), str(message["user"]))
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return


def _is_a_persons(message: dict[str, Any]) -> bool:
    return (
        message.get("type") == "message"
        and message.get("subtype") in _SPOKEN
        and not message.get("bot_id")
        and not message.get("hidden")
        and bool(message.get("user"))
        and message["user"] != _SLACK_ITSELF
        and _TS.fullmatch(str(message.get("ts"))) is not None
    )
