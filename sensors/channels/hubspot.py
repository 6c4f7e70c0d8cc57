"""HubSpot: a task for the account's owner on the account's company.

Each task carries its action's id in a property of its own, made when it is missing and unique. Reading by a
unique property asks HubSpot's records, not its search, so that a task is found as soon as it stands there;
and HubSpot itself refuses a second task with the same id. Where the property exists but is not unique, only
the search can tell, and it learns of new tasks some seconds late: it is waited for before it is believed.

Facts: https://developers.hubspot.com/docs/api-reference/crm-tasks-v3/guide
       https://developers.hubspot.com/docs/api-reference/crm-properties-v3/guide
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from html import escape
from typing import Any

from sensors.channels.channel import (
    DeliveryError,
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
)
from sensors.channels.crm_answers import Owners, one_task_each, read, record_of
from sensors.channels.hubspot_api import HubspotApi, TwinError

# HubSpot's own numbers: a task to a company.
_TASK_TO_COMPANY = 192
_MOST_READ = 100
# How late the search may be; HubSpot promises no bound.
SEARCH_LAG_SECONDS = 20.0
_PRIORITIES = {"high": "HIGH", "normal": "MEDIUM"}


class HubspotTasks:
    """Creates tasks one by one; asks once a batch which of them are there already."""

    destination = "hubspot"
    batch_size = 20

    def __init__(
        self,
        api: HubspotApi,
        *,
        action_property: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api, self._property, self._now, self._sleep = api, action_property, now, sleep
        self._owners = Owners("HubSpot", self._find_owner)
        self._is_unique: bool | None = None
        # The look-up, its property, the owner and the task, connecting and answering each.
        self.seconds_per_message = 8 * timeout_seconds + SEARCH_LAG_SECONDS

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_task_each(messages, self._found, self._create)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        if not self._has_unique_property():
            self._sleep(SEARCH_LAG_SECONDS)
        return self._found(action_ids)

    def close(self) -> None:
        """The SDK's connections close with their pools."""

    def _create(self, message: Message) -> Receipt:
        content = message.content
        properties = {
            "hs_task_subject": content["subject"],
            # Shown as HTML.
            "hs_task_body": escape(content["body"], quote=False).replace("\n", "<br>"),
            "hs_task_status": "NOT_STARTED",
            "hs_task_type": "TODO",
            "hs_task_priority": _PRIORITIES[content["priority"]],
            "hs_timestamp": content["due_at"] or self._now().isoformat(timespec="seconds"),
            "hubspot_owner_id": self._owners.of(message),
            self._property: message.action_id,
        }
        kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TASK_TO_COMPANY}
        to = {"to": {"id": record_of(message, "HubSpot")}, "types": [kind]}
        try:
            made = self._api.call(
                self._api.objects.basic_api.create, "tasks", {"properties": properties, "associations": [to]}
            )
        except TwinError:
            there = read(self._found, [message.action_id])
            if message.action_id in there:
                return Receipt(there[message.action_id])
            raise
        except OutcomeUnknownError:
            # Looked up at once where it can be believed; else before the next attempt.
            if self._has_unique_property():
                raise
            self._sleep(SEARCH_LAG_SECONDS)
            there = read(self._found, [message.action_id])
            if message.action_id in there:
                return Receipt(there[message.action_id])
            raise
        # The description's answer names the id otherwise than the guide's does.
        return Receipt(str(made.get("id") or made.get("createdResourceId") or "created"))

    def _found(self, action_ids: Sequence[str]) -> dict[str, str]:
        """Ids of the tasks that stand there, by action."""
        ask = self._by_property if self._has_unique_property() else self._by_search
        found: dict[str, str] = {}
        for start in range(0, len(action_ids), _MOST_READ):
            for row in ask(action_ids[start : start + _MOST_READ]):
                found[str(row["properties"][self._property])] = str(row["id"])
        return {action_id: found[action_id] for action_id in action_ids if action_id in found}

    def _by_property(self, action_ids: Sequence[str]) -> list[Any]:
        asked = {
            "idProperty": self._property,
            "properties": [self._property],
            "propertiesWithHistory": [],
            "inputs": [{"id": action_id} for action_id in action_ids],
        }
        return list(self._api.call(self._api.objects.batch_api.read, "tasks", asked).get("results", []))

    def _by_search(self, action_ids: Sequence[str]) -> list[Any]:
        among = {"propertyName": self._property, "operator": "IN", "values": list(action_ids)}
        asked = {
            "filterGroups": [{"filters": [among]}],
            "properties": [self._property],
            "limit": _MOST_READ,
            "after": "0",
            "sorts": [],
        }
        return list(self._api.call(self._api.objects.search_api.do_search, "tasks", asked).get("results", []))

    def _has_unique_property(self) -> bool:
        """Whether the task's property for action ids is unique; made, unique, when it is missing."""
        if self._is_unique is None:
            standing = _properties(self._api, "tasks").get(self._property)
            if standing is None:
                standing = make_property(
                    self._api,
                    "tasks",
                    {
                        "name": self._property,
                        "label": "Tierline action",
                        "description": "The action this task was created for",
                        "groupName": "task",
                        "type": "string",
                        "fieldType": "text",
                        "hasUniqueValue": True,
                    },
                )
            self._is_unique = bool(standing.get("hasUniqueValue"))
        return self._is_unique

    def _find_owner(self, address: str) -> str | None:
        told = self._api.call(self._api.owners.owners_api.get_page, email=address, limit=10)
        for owner in told.get("results", []):
            if str(owner.get("email", "")).casefold() == address and not owner.get("archived"):
                return str(owner["id"])
        return None


def _properties(api: HubspotApi, kind: str) -> dict[str, Any]:
    told = api.call(api.properties.core_api.get_all, kind)
    return {str(row["name"]): row for row in told.get("results", [])}


def make_property(api: HubspotApi, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Create a property, or take the one another worker made meanwhile. Raises `DeliveryError`."""
    try:
        return api.call(api.properties.core_api.create, kind, wanted)
    except TwinError:
        return _properties(api, kind)[wanted["name"]]  # type: ignore[no-any-return]
    except DeliveryError as error:
        raise DestinationUnavailableError(
            f"HubSpot's property {wanted['name']} of {kind} could not be created ({error}); create it there "
            f"(type {wanted['type']}{', unique' if wanted.get('hasUniqueValue') else ''}), or let the token "
            "create properties",
            is_channel_wide=True,
        ) from None


def missing_properties(api: HubspotApi, kind: str, names: Sequence[str]) -> list[str]:
    """Those of `names` that objects of this kind do not have. Raises `DeliveryError`."""
    standing = _properties(api, kind)
    return [name for name in names if name not in standing]
