"""Intercom: an admin writes to a contact, in the Messenger or by e-mail.

Intercom offers no idempotency key, and a message shows in no list until the contact answers it: after a crash
nobody can tell, so it is held for a person (`channel.RECOVERIES`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sensors.channels.channel import DestinationRejectedError, Message, Outcome, Receipt, one_by_one
from sensors.channels.intercom_api import IntercomApi

MESSAGE_TYPES = ("in_app", "email")
_CONTACT = re.compile(r"[0-9a-f]{24}")


class IntercomChannel:
    """Sends to contacts known by Intercom's id or by e-mail address. One message per claim, so that a crash
    leaves one doubt."""

    destination = "intercom"
    batch_size = 1

    def __init__(
        self,
        access_token: str,
        *,
        base_url: str,
        admin_id: str,
        message_type: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._api = IntercomApi(access_token, base_url=base_url, timeout_seconds=timeout_seconds, now=now)
        self._sender = {"type": "admin", "id": int(admin_id)}
        self._message_type = message_type
        # Finding the contact, then sending; connecting, sending and reading each may take the whole timeout.
        self.seconds_per_message = 6 * timeout_seconds

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        self._api.close()

    def _send(self, message: Message) -> Receipt:
        contact = self._contact(message.recipient)
        sent = self._api.write(
            "POST",
            "/messages",
            {
                "message_type": self._message_type,
                "subject": message.content["subject"],
                "body": message.content["body"],
                "template": "personal",
                "from": self._sender,
                "to": {"type": contact["role"], "id": contact["id"]},
            },
        )
        return Receipt(str(sent.get("id") or "taken"))

    def _contact(self, recipient: str) -> dict[str, Any]:
        """The contact, a user rather than a lead where an address belongs to both. Raises `DeliveryError`."""
        field = "id" if _CONTACT.fullmatch(recipient) else "email"
        query = {"field": field, "operator": "=", "value": recipient}
        found = self._api.ask("POST", "/contacts/search", {"query": query})["data"]
        writable = [contact for contact in found if contact.get("role") in ("user", "lead")]
        if not writable:
            raise DestinationRejectedError("Intercom has no contact with the recipient's address")
        return max(writable, key=lambda contact: (contact["role"] == "user", contact.get("updated_at") or 0))
