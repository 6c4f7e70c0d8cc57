"""Slack as a bot: mentions the owner, keeps one thread per account, and can tell what has arrived.

Each message carries its action's id as metadata (which people do not see), so that after a crash or a silence
it is looked for in the conversation before it is sent again:
https://docs.slack.dev/messaging/message-metadata
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sensors.channels.channel import (
    DeliveryError,
    DestinationUnavailableError,
    Message,
    Outcome,
    Receipt,
    one_by_one,
)
from sensors.channels.past import Past, Tried
from sensors.channels.slack_api import THREAD_IS_GONE, SlackApi, SlackRefusedError
from sensors.channels.slack_directory import SlackDirectory
from sensors.channels.slack_search import Search

EVENT_TYPE = "tierline_action"
# A request that was cut off may still be on its way; only after this long a look-up's "no" is believed.
_ARRIVES_WITHIN = timedelta(seconds=10)
_PLACE = re.compile(r"[A-Z0-9]+:\d+(\.\d+)?(@\d+(\.\d+)?)?")


@dataclass(frozen=True)
class Posted:
    """Where a message stands, as the ledger keeps it: `<conversation>:<ts>`, or `…@<thread>` for a reply."""

    conversation: str
    ts: str
    thread: str | None = None

    def __str__(self) -> str:
        return f"{self.conversation}:{self.ts}" + (f"@{self.thread}" if self.thread else "")

    @classmethod
    def parse(cls, reference: str) -> "Posted":
        conversation, _, rest = reference.partition(":")
        ts, _, thread = rest.partition("@")
        return cls(conversation, ts, thread or None)

    @classmethod
    def read(cls, reference: str) -> "Posted | None":
        """None for what is no place in Slack: a person's word that they saw the message, for one."""
        return cls.parse(reference) if _PLACE.fullmatch(reference) else None


class SlackBotChannel:
    """Posts as the bot whose token it has. One message per claim, so that a crash leaves one question."""

    destination = "slack_bot"
    batch_size = 1

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
        fallback_channel: str | None = None,
        arrives_within: timedelta = _ARRIVES_WITHIN,
    ) -> None:
        self._api = SlackApi(token, base_url=base_url, timeout_seconds=timeout_seconds, now=now)
        self._directory = SlackDirectory(self._api, fallback_channel=fallback_channel)
        self._search = Search(self._api, EVENT_TYPE)
        self._now = now
        self._past: Past | None = None
        self._arrives_within = arrives_within
        # Finding the person, the conversation, an earlier copy and its thread, and posting.
        self.seconds_per_message = 6 * timeout_seconds

    def remember(self, past: Past) -> None:
        self._past = past

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        """Those found. A question that Slack did not answer is asked again before the message is sent."""
        found = {}
        for tried in self._past.tried(action_ids) if self._past else []:
            try:
                conversation = self._directory.conversation(tried.recipient)
                thread = self._thread(conversation, tried.account_id)
                if posted := self._earlier(tried, conversation, thread):
                    found[tried.action_id] = str(posted)
            except DeliveryError:
                continue
        return found

    def close(self) -> None:
        """Every call opens its own connection."""

    def _send(self, message: Message) -> Receipt:
        conversation = self._directory.conversation(message.recipient)
        thread = self._thread(conversation, message.account_id)
        if posted := self._sent_before(message, conversation, thread):
            return Receipt(str(posted))
        blocks = self._with_mention(message)
        try:
            return self._post(message, blocks, conversation, thread)
        except SlackRefusedError as error:
            if thread is None or error.code not in THREAD_IS_GONE:
                raise
        return self._post(message, blocks, conversation, None)

    def _post(
        self, message: Message, blocks: list[dict[str, Any]], conversation: str, thread: str | None
    ) -> Receipt:
        answer = self._api.write(
            self._api.client.chat_postMessage,
            channel=conversation,
            text=message.content["text"],
            blocks=blocks,
            thread_ts=thread,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"action_id": message.action_id}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return Receipt(str(Posted(conversation, str(answer["ts"]), thread)))

    def _thread(self, conversation: str, account_id: str) -> str | None:
        """The message that opened the account's thread in this conversation, as the ledger has it."""
        if self._past is None or not account_id:
            return None
        reference = self._past.last_reference(self.destination, account_id, f"{conversation}:")
        if reference is None:
            return None
        posted = Posted.parse(reference)
        return posted.thread or posted.ts

    def _sent_before(self, message: Message, conversation: str, thread: str | None) -> Posted | None:
        """An earlier attempt's message, if there was an attempt and it arrived after all."""
        for tried in self._past.tried([message.action_id]) if self._past else []:
            if tried.attempts > 1:
                posted = self._earlier(tried, conversation, thread)
                self._wait_for_stragglers(tried, found=posted)
                return posted
        return None

    def _earlier(self, tried: Tried, conversation: str, thread: str | None) -> Posted | None:
        found = self._search.find(conversation, thread, tried.action_id, since=tried.first_attempt_at)
        return Posted(conversation, found.ts, found.thread) if found else None

    def _wait_for_stragglers(self, tried: Tried, *, found: Posted | None) -> None:
        if found is not None or tried.previous_attempt_at is None:
            return
        left = tried.previous_attempt_at + self._arrives_within - self._now()
        if left > timedelta(0):
            raise DestinationUnavailableError(
                "an earlier attempt may still be on its way to Slack; looked up again in a moment",
                # Not just what is left: this attempt is the previous one of the next.
                retry_after=self._arrives_within,
            )

    def _with_mention(self, message: Message) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = message.content["blocks"]
        person = self._directory.person(message.recipient) or self._directory.person(message.owner_email)
        return mentioning(blocks, person) if person else blocks


def mentioning(blocks: list[dict[str, Any]], person: str) -> list[dict[str, Any]]:
    """The blocks with the person mentioned before the first words, if nobody is mentioned there yet.

    The mention takes the place of "For <name>: ", which the layout says where it knows no Slack id.
    """
    for number, block in enumerate(blocks):
        if block["type"] != "rich_text":
            continue
        section, *others = block["elements"]
        first, *rest = section["elements"]
        if first["type"] == "user":
            return blocks
        is_greeting = first.get("style") == {"bold": True} and first["text"].startswith("For ")
        spoken = rest if is_greeting else [first, *rest]
        mention = [{"type": "user", "user_id": person}, {"type": "text", "text": " "}]
        opening = block | {"elements": [section | {"elements": [*mention, *spoken]}, *others]}
        return [*blocks[:number], opening, *blocks[number + 1 :]]
    return blocks
