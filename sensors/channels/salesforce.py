"""Salesforce: a task for the account's owner on the account; score, tier and risk as fields of the account.

Each task carries its action's id in a custom text field of activities. SOQL sees a record as soon as it is
there, so a task that an earlier attempt made is found before another is made. If the field is an external id,
the task is upserted by it: a request that was long on its way meets the task and makes no second one. Custom
fields are not made from here: that takes an administrator's rights, which a user that only writes tasks
should not have. Accounts are written by the record id that the source gave; an upsert could make new ones.

Facts: REST API Developer Guide, "sObject Collections" (at most 200 records), "Insert or Update (Upsert) a
Record Using an External ID"; Object Reference, Task.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    Message,
    Outcome,
    Receipt,
)
from sensors.channels.crm_answers import Owners, as_channel_wide, one_task_each, read, record_of
from sensors.channels.salesforce_api import SalesforceApi, TwinError, codes_of, quoted

_IDS_PER_QUERY = 100
_MOST_SUBJECT = 255
_MOST_DESCRIPTION = 32_000
_PRIORITIES = {"high": "High", "normal": "Normal"}
# Name: what to create it as.
ACCOUNT_FIELDS = {
    "Tierline_Health_Score__c": "Number(5, 2)",
    "Tierline_Health_Tier__c": "Text(40)",
    "Tierline_Churn_Risk__c": "Number(5, 4)",
    "Tierline_Churn_Risk_Band__c": "Text(40)",
    "Tierline_Health_As_Of__c": "Date",
}
_LATER_CODES = {"UNABLE_TO_LOCK_ROW", "REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"}


class SalesforceTasks:
    """Creates tasks one by one; asks once a batch which of them are there already."""

    destination = "salesforce"
    batch_size = 20

    def __init__(
        self,
        api: SalesforceApi,
        *,
        action_field: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._api, self._field, self._now = api, action_field, now
        self._owners = Owners("Salesforce", self._find_owner)
        self._is_prepared = self._is_external_id = False
        # Login, fields, look-up, owner and task, connecting and answering each.
        self.seconds_per_message = 10 * timeout_seconds

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_task_each(messages, self._found, self._create)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return self._found(action_ids)

    def close(self) -> None:
        self._api.close()

    def _create(self, message: Message) -> Receipt:
        content = message.content
        due = datetime.fromisoformat(content["due_at"]) if content["due_at"] else self._now()
        task = {
            "Subject": content["subject"][:_MOST_SUBJECT],
            "Description": content["body"][:_MOST_DESCRIPTION],
            "Status": "Not Started",
            "Priority": _PRIORITIES[content["priority"]],
            "ActivityDate": due.date().isoformat(),
            "OwnerId": self._owners.of(message),
            "WhatId": record_of(message, "Salesforce"),
        }
        try:
            made = self._written(task, message.action_id)
        except TwinError:
            there = read(self._found, [message.action_id])
            if message.action_id in there:
                return Receipt(there[message.action_id])
            raise
        return Receipt(str((made or {}).get("id") or "created"))

    def _written(self, task: dict[str, Any], action_id: str) -> Any:
        if self._is_external_id:
            path = f"sobjects/Task/{self._field}/{quote(action_id, safe='')}"
            return self._api.call("PATCH", path, body=task)
        return self._api.call("POST", "sobjects/Task", body=task | {self._field: action_id})

    def _found(self, action_ids: Sequence[str]) -> dict[str, str]:
        """Ids of the tasks that stand there, deleted ones apart, by action."""
        self._prepare()
        found: dict[str, str] = {}
        for start in range(0, len(action_ids), _IDS_PER_QUERY):
            among = ", ".join(map(quoted, action_ids[start : start + _IDS_PER_QUERY]))
            soql = f"SELECT Id, {self._field} FROM Task WHERE {self._field} IN ({among})"
            found |= {str(row[self._field]): str(row["Id"]) for row in self._api.rows(soql)}
        return found

    def _prepare(self) -> None:
        if not self._is_prepared:
            standing = need_fields(self._api, "Task", {self._field: "Text(200), on the object Activity"})
            self._is_external_id = bool(standing[self._field].get("externalId"))
            self._is_prepared = True

    def _find_owner(self, address: str) -> str | None:
        soql = f"SELECT Id FROM User WHERE Email = {quoted(address)} AND IsActive = true ORDER BY Id LIMIT 1"
        rows = self._api.rows(soql)
        return str(rows[0]["Id"]) if rows else None


class SalesforceAccounts:
    """An `AttributeWriter` over sObject Collections: each account of a batch has an outcome of its own."""

    destination = "salesforce"
    batch_size = 200

    def __init__(self, api: SalesforceApi) -> None:
        self._api = api
        self._is_prepared = False

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        try:
            if not self._is_prepared:
                need_fields(self._api, "Account", ACCOUNT_FIELDS)
                self._is_prepared = True
        except DeliveryError as error:
            for _ in accounts:
                yield as_channel_wide(error)
            return
        for start in range(0, len(accounts), self.batch_size):
            yield from self._write(accounts[start : start + self.batch_size])

    def close(self) -> None:
        self._api.close()

    def _write(self, batch: Sequence[AccountAttributes]) -> list[Outcome]:
        records = [_record(account) for account in batch]
        try:
            told = self._api.call(
                "PATCH", "composite/sobjects", body={"allOrNone": False, "records": records}
            )
        except DeliveryError as error:
            return [error for _ in batch]
        results = told if isinstance(told, list) else []
        if len(results) != len(batch):
            problem = DestinationUnavailableError("Salesforce answered for fewer accounts than were written")
            return [problem for _ in batch]
        return [_outcome(account, result) for account, result in zip(batch, results, strict=True)]


def need_fields(api: SalesforceApi, kind: str, fields: dict[str, str]) -> dict[str, dict[str, Any]]:
    """All fields there, by name. Raises `DestinationUnavailableError` that says which to add, and how."""
    standing = api.fields(kind)
    if missing := [f"{name} ({shape})" for name, shape in fields.items() if name not in standing]:
        raise DestinationUnavailableError(
            f"Salesforce's {kind} has no field {', '.join(missing)} that this user may see; add it under "
            "Setup, Object Manager, Fields & Relationships, and let the user's permission set edit it",
            is_channel_wide=True,
        )
    return standing


def _record(account: AccountAttributes) -> dict[str, Any]:
    values = (account.score, account.tier, account.risk, account.risk_band, account.as_of.isoformat())
    return {
        "attributes": {"type": "Account"},
        "id": account.external_id,
        **dict(zip(ACCOUNT_FIELDS, values, strict=True)),
    }


def _outcome(account: AccountAttributes, result: Any) -> Outcome:
    if isinstance(result, dict) and result.get("success"):
        return Receipt(account.external_id)
    codes, said = codes_of(result.get("errors") if isinstance(result, dict) else result)
    text = f"Salesforce did not take account {account.external_id}: {said[:300]}"
    if codes & _LATER_CODES:
        return DestinationUnavailableError(text)
    return DestinationRejectedError(text)
