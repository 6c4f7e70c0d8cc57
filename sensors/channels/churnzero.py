"""ChurnZero: an action is an event of the account; score and risk are attributes of it.

    POST <address>/i    a list of `trackEvent` or `setAttribute`, each with the application key

https://support.churnzero.com/hc/en-us/articles/360003183171-Integrate-ChurnZero-using-HTTP-API

The address answers 200 and a picture to whatever reaches it, also to what it then drops (an unknown key,
account or attribute), and has no key that makes a second event the first one: an answer is proof of
arrival and no more, and a doubt is held for a person.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sensors.channels.account_fields import account_of, field_names, values, written_in_batches
from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import Message, Outcome, Receipt, one_by_one
from sensors.channels.http_exchange import HttpExchange

ATTRIBUTES = {
    "score": "Tierline Health Score",
    "tier": "Tierline Health Tier",
    "risk": "Tierline Churn Risk",
    "risk_band": "Tierline Risk Band",
    "as_of": "Tierline As Of",
}
_ACCOUNTS_MOST = 100


@dataclass(frozen=True)
class ChurnzeroDestination:
    """`url` is the instance's HTTP address without `/i`. Every call names a contact, too: `contact` is the
    external id of the one events are put under. `attributes` replaces names in `ATTRIBUTES`.
    """

    url: str
    app_key: str = field(repr=False)
    contact: str = "tierline"
    attributes: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 20.0


class ChurnzeroChannel:
    """Tracks events. One message per claim, so that a crash leaves one doubt."""

    destination = "churnzero"
    batch_size = 1

    def __init__(self, to: ChurnzeroDestination, *, now: Callable[[], datetime]) -> None:
        self._to = to
        self._now = now
        self._http = _exchange(to, now)
        self.seconds_per_message = self._http.seconds_per_request

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        self._http.close()

    def _send(self, message: Message) -> Receipt:
        content = message.content
        event = {
            **_addressed(self._to, "trackEvent", account_of(message, "ChurnZero")),
            # One type of event a play, so that plays and segments there can use it.
            "eventName": f"Tierline {message.play_id.replace('_', ' ')}",
            "eventDate": self._now().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "description": f"{content['subject']}\n\n{content['text']}",
            "quantity": 1,
        }
        self._http.write("POST", "/i", json_body=[event])
        return Receipt()


class ChurnzeroAttributeWriter:
    """Sets attributes of accounts, found by the external id that ChurnZero has of them."""

    destination = "churnzero"
    batch_size = _ACCOUNTS_MOST

    def __init__(self, to: ChurnzeroDestination, *, now: Callable[[], datetime]) -> None:
        self._to = to
        self._names = field_names(ATTRIBUTES, to.attributes, "ChurnZero")
        self._http = _exchange(to, now)

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        return written_in_batches(accounts, self.batch_size, self._write)

    def close(self) -> None:
        self._http.close()

    def _write(self, accounts: Sequence[AccountAttributes]) -> list[Outcome]:
        actions = [
            {
                **_addressed(self._to, "setAttribute", each.external_id),
                "entity": "account",
                **{
                    f"attr_{name}": "" if value is None else value
                    for name, value in values(each, self._names).items()
                },
            }
            for each in accounts
        ]
        self._http.write("POST", "/i", json_body=actions)
        return [Receipt(each.external_id) for each in accounts]


def _addressed(to: ChurnzeroDestination, action: str, account: str) -> dict[str, Any]:
    return {
        "appKey": to.app_key,
        "accountExternalId": account,
        "contactExternalId": to.contact,
        "action": action,
    }


def _exchange(to: ChurnzeroDestination, now: Callable[[], datetime]) -> HttpExchange:
    return HttpExchange(
        to.url,
        name="ChurnZero",
        setting="TIERLINE_TO_CHURNZERO_URL",
        secrets=[to.app_key],
        headers={},
        timeout_seconds=to.timeout_seconds,
        now=now,
    )
