"""Who and where in Slack: a person's id by e-mail address, a conversation's id by person or name."""

import re
from collections.abc import Iterator
from typing import Any

from sensors.channels.channel import DestinationRejectedError
from sensors.channels.slack_api import SlackApi, SlackRefusedError

_PERSON = re.compile(r"[UW][A-Z0-9]{5,}")
_CONVERSATION = re.compile(r"[CGD][A-Z0-9]{5,}")
_NOBODY = {"users_not_found", "user_not_found"}
_PAGE = 1_000


def is_person(recipient: str) -> bool:
    return _PERSON.fullmatch(recipient) is not None


class SlackDirectory:
    """Asks Slack once for each; what it said is kept as long as the channel lives (one call of `deliver`)."""

    def __init__(self, api: SlackApi, *, fallback_channel: str | None) -> None:
        self._api = api
        self._fallback = fallback_channel
        self._people: dict[str, str | None] = {}
        self._direct: dict[str, str] = {}
        self._named: dict[str, str] | None = None

    def person(self, recipient: str | None) -> str | None:
        """The id behind a `U…` id or an e-mail address; None when Slack knows nobody there."""
        if not recipient or is_person(recipient):
            return recipient or None
        if "@" not in recipient:
            return None
        address = recipient.lower()
        if address not in self._people:
            self._people[address] = self._look_up(address)
        return self._people[address]

    def conversation(self, recipient: str) -> str:
        """The id of the conversation to post to. Raises `DeliveryError`."""
        if _CONVERSATION.fullmatch(recipient):
            return recipient
        if person := self.person(recipient):
            return self._direct_messages(person)
        if "@" not in recipient:
            return self._channel(recipient)
        if self._fallback is None:
            raise DestinationRejectedError(
                "Slack knows nobody with the recipient's e-mail address; give the person's Slack id "
                "(slack_id of csms), or set TIERLINE_SLACK_FALLBACK_CHANNEL"
            )
        if _CONVERSATION.fullmatch(self._fallback):
            return self._fallback
        return self._channel(self._fallback)

    def _look_up(self, address: str) -> str | None:
        try:
            user: dict[str, Any] = self._api.ask(self._api.client.users_lookupByEmail, email=address)["user"]
        except SlackRefusedError as error:
            if error.code in _NOBODY:
                return None
            raise
        return None if user.get("deleted") else str(user["id"])

    def _direct_messages(self, person: str) -> str:
        if person not in self._direct:
            opened = self._api.ask(self._api.client.conversations_open, users=person)
            self._direct[person] = str(opened["channel"]["id"])
        return self._direct[person]

    def _channel(self, name: str) -> str:
        if self._named is None:
            self._named = dict(self._channels())
        found = self._named.get(name.removeprefix("#"))
        if found is None:
            raise DestinationRejectedError(
                f"Slack shows the bot no channel {name!r}; correct the address in policy, or invite the bot"
            )
        return found

    def _channels(self) -> Iterator[tuple[str, str]]:
        cursor: str | None = None
        while True:
            page = self._api.ask(
                self._api.client.conversations_list,
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=_PAGE,
                cursor=cursor,
            )
            yield from ((str(each["name"]), str(each["id"])) for each in page["channels"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
