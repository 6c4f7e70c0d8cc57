"""Totango: an action is a touchpoint of the account; score and risk are attributes of it.

    POST <API>/api/v2/events/search     which touchpoints an account has, the newest first
    POST <API>/api/v3/touchpoints/      creates one; text of 12,000 characters at most, no markup
    POST <tracker>/pixel.gif            sets attributes of one account

https://support.totango.com/hc/en-us/articles/115000597266-Touchpoints-API
https://support.totango.com/hc/en-us/articles/203639605-Totango-HTTP-API

The tracker answers 200 and a picture to whatever reaches it, also to what it then drops.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensors.channels.account_fields import account_of, field_names, values, written_in_batches
from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    one_by_one,
)
from sensors.channels.http_exchange import HttpExchange

ATTRIBUTES = {
    "score": "Tierline Health Score",
    "tier": "Tierline Health Tier",
    "risk": "Tierline Churn Risk",
    "risk_band": "Tierline Risk Band",
    "as_of": "Tierline As Of",
}
_LISTED = 1_000
_LONGEST = 12_000


@dataclass(frozen=True)
class TotangoDestination:
    """A service. `url` is the API's address and `tracker_url` the collector's, both by region; `flow` is the
    id of the flow (activity type) touchpoints belong to. `attributes` replaces names in `ATTRIBUTES`.
    """

    service_id: str = field(repr=False)
    app_token: str = field(repr=False)
    url: str = "https://api.totango.com"
    tracker_url: str = "https://sdr.totango.com"
    flow: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 20.0


class TotangoChannel:
    """Creates touchpoints. It looks first whether one is there, so sending again has no second effect."""

    destination = "totango"
    batch_size = 10

    def __init__(self, to: TotangoDestination, *, now: Callable[[], datetime]) -> None:
        self._to = to
        self._http = HttpExchange(
            to.url,
            name="Totango",
            setting="TIERLINE_TO_TOTANGO_URL",
            secrets=[to.app_token, to.service_id],
            headers={"app-token": to.app_token},
            timeout_seconds=to.timeout_seconds,
            now=now,
        )
        self.seconds_per_message = 2 * self._http.seconds_per_request

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        self._http.close()

    def _send(self, message: Message) -> Receipt:
        if known := self._known(message):
            return Receipt(known)
        said = self._http.write("POST", "/api/v3/touchpoints/", json_body=self._touchpoint(message))
        answer = self._http.parsed(said)
        note = answer.get("note") if isinstance(answer, Mapping) else None
        if not isinstance(note, Mapping) or note.get("id") is None:
            raise OutcomeUnknownError("Totango's answer says nothing of the touchpoint")
        return Receipt(str(note["id"]))

    def _known(self, message: Message) -> str | None:
        """The touchpoint's id when the account has one that names this action."""
        asked = {"account": account_of(message, "Totango"), "offset": 0, "count": _LISTED}
        answer = self._http.read("POST", "/api/v2/events/search", form={"query": json.dumps(asked)})
        found = answer.get("response", {}).get("events") if isinstance(answer, Mapping) else None
        hits = found.get("hits") if isinstance(found, Mapping) else None
        if not isinstance(hits, list):
            raise DestinationUnavailableError(
                "Totango can't be asked what arrived: its answer has no events", is_channel_wide=True
            )
        for hit in hits:
            note = hit.get("note_content") if isinstance(hit, Mapping) else None
            if isinstance(note, Mapping) and _mark(message) in str(note.get("text")):
                return str(note.get("note_id") or hit.get("id"))
        return None

    def _touchpoint(self, message: Message) -> dict[str, Any]:
        mark = f"\n\n{_mark(message)}"
        text = message.content["text"].removesuffix(mark)
        optional = {"activity_type_id": self._to.flow, "created_by": _address(message.recipient)}
        return {
            "account_id": account_of(message, "Totango"),
            "subject": message.content["subject"],
            "content": text[: _LONGEST - len(mark)] + mark,
            **{name: value for name, value in optional.items() if value},
        }


class TotangoAttributeWriter:
    """Sets attributes of accounts, one request each: the collector knows no batch."""

    destination = "totango"
    batch_size = 1

    def __init__(self, to: TotangoDestination, *, now: Callable[[], datetime]) -> None:
        self._to = to
        self._names = field_names(ATTRIBUTES, to.attributes, "Totango")
        self._http = HttpExchange(
            to.tracker_url,
            name="Totango",
            setting="TIERLINE_TO_TOTANGO_TRACKER_URL",
            secrets=[to.service_id, to.app_token],
            headers={},
            timeout_seconds=to.timeout_seconds,
            now=now,
        )

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        return written_in_batches(accounts, self.batch_size, self._write)

    def close(self) -> None:
        self._http.close()

    def _write(self, accounts: Sequence[AccountAttributes]) -> list[Outcome]:
        (account,) = accounts
        given = values(account, self._names)
        attributes = {f"sdr_o.{name}": "" if value is None else str(value) for name, value in given.items()}
        form = {"sdr_s": self._to.service_id, "sdr_o": account.external_id, **attributes}
        self._http.write("POST", "/pixel.gif", form=form)
        return [Receipt(account.external_id)]


def _mark(message: Message) -> str:
    """The line that ends every message's text (`templates/layouts/event.json.j2`)."""
    return f"Tierline action {message.action_id}"


def _address(recipient: str) -> str | None:
    return recipient if "@" in recipient else None
