"""Gainsight: an action is a call to action of the company; score and risk are fields of the company.

    POST /v2/cockpit/cta/list           which actions are there already, by a field that holds the action's id
    POST /v2/cockpit/cta                creates calls to action; tells success and failure by reference
    PUT  /v1/data/objects/Company       updates companies by Gsid, 50 at most; tells failures by position

https://support.gainsight.com/gainsight_nxt/API_and_Developer_Docs/Cockpit_API/Call_To_Action_(CTA)_API_Documentation
https://support.gainsight.com/gainsight_nxt/API_and_Developer_Docs/Company_and_Relationship_API/Company_API_Documentation

Fields can't be created by the API; an administrator creates them once (docs/destinations/gainsight.md).
"""

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sensors.channels.account_fields import account_of, field_names, values, written_in_batches
from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
)
from sensors.channels.http_exchange import HttpExchange

COMPANY_FIELDS = {
    "score": "Tierline_Health_Score__gc",
    "tier": "Tierline_Health_Tier__gc",
    "risk": "Tierline_Churn_Risk__gc",
    "risk_band": "Tierline_Risk_Band__gc",
    "as_of": "Tierline_As_Of__gc",
}
_COMPANIES_MOST = 50
_LISTED = 1_000
_NAME_LENGTH = 200
# The owner is named by e-mail address; who is no user of Gainsight makes that one record fail.
_OWNER_BY_EMAIL = {
    "OwnerId": {
        "fields": {"OwnerEmail": "Email"},
        "lookupField": "Gsid",
        "objectName": "gsuser",
        "multiMatchOption": "FIRSTMATCH",
        "onNoMatch": "ERROR",
    }
}


@dataclass(frozen=True)
class GainsightDestination:
    """A tenant. `url` is its own domain; `action_field` the call to action's field that holds the action's
    id; `company_fields` replaces names in `COMPANY_FIELDS`. Type and reason must exist in the tenant.
    """

    url: str
    access_key: str = field(repr=False)
    cta_type: str = "Risk"
    cta_reason: str = "Other"
    action_field: str = "Tierline_Action_Id__gc"
    company_fields: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 20.0


class GainsightChannel:
    """Creates calls to action. It looks first which are there, so sending again has no second effect."""

    destination = "gainsight"
    batch_size = 10
    sends_whole_batch = True

    def __init__(self, to: GainsightDestination, *, now: Callable[[], datetime]) -> None:
        self._to = to
        self._http = _exchange(to, now)
        # A batch is two requests; any of its messages may wait for both.
        self.seconds_per_message = 2 * self._http.seconds_per_request

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        outcomes: dict[str, Outcome] = {}
        records: dict[str, dict[str, Any]] = {}
        for message in messages:
            try:
                records[message.action_id] = self._record(message)
            except DestinationRejectedError as error:
                outcomes[message.action_id] = error
        try:
            known = self.look_up(list(records)) if records else {}
            outcomes.update((action_id, Receipt(gsid)) for action_id, gsid in known.items())
            missing = [record for action_id, record in records.items() if action_id not in known]
            outcomes.update(self._create(missing) if missing else {})
        except DeliveryError as error:
            for action_id in records:
                outcomes.setdefault(action_id, error)
        yield from (outcomes[message.action_id] for message in messages)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        name = self._to.action_field
        wanted = {"fieldName": name, "alias": "A", "operator": "IN", "value": list(action_ids)}
        answer = self._http.read(
            "POST",
            "/v2/cockpit/cta/list",
            json_body={
                "select": ["Name", name],
                "where": {"conditions": [wanted], "expression": "A"},
                "pageSize": _LISTED,
                "pageNumber": 1,
            },
        )
        rows = answer.get("data") if isinstance(answer, Mapping) and answer.get("result") else None
        if not isinstance(rows, list):
            raise DestinationUnavailableError(
                f"Gainsight can't be asked what arrived: {self._words(answer)}", is_channel_wide=True
            )
        # Asked again here: a tenant that ignores the condition would make everything look delivered.
        found = {str(row.get(name)): str(row.get("Gsid")) for row in rows if isinstance(row, Mapping)}
        return {action_id: found[action_id] for action_id in action_ids if action_id in found}

    def close(self) -> None:
        self._http.close()

    def _create(self, records: Sequence[Mapping[str, Any]]) -> dict[str, Outcome]:
        """One outcome per record, by its reference: the action's id."""
        answer = self._http.parsed(
            self._http.write(
                "POST",
                "/v2/cockpit/cta",
                json_body={
                    "requests": [{"record": record} for record in records],
                    "lookups": _OWNER_BY_EMAIL,
                },
            )
        )
        data = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(data, Mapping):
            raise DestinationRejectedError(f"Gainsight takes none of them: {self._words(answer)}")
        made, failed = _by_reference(data.get("success")), _by_reference(data.get("failure"))
        references = [str(record["referenceId"]) for record in records]
        return {reference: self._outcome(reference, made, failed) for reference in references}

    def _outcome(self, action_id: str, made: Mapping[str, str], failed: Mapping[str, str]) -> Outcome:
        if action_id in made:
            return Receipt(made[action_id])
        if action_id in failed:
            words = self._http.scrub(failed[action_id])
            return DestinationRejectedError(f"Gainsight refuses the call to action: {words[:300]}")
        return OutcomeUnknownError("Gainsight's answer says nothing of this call to action")

    def _record(self, message: Message) -> dict[str, Any]:
        content = message.content
        owner = {"OwnerEmail": message.recipient} if "@" in message.recipient else {}
        due = {"DueDate": content["due_on"]} if content["due_on"] else {}
        return {
            "referenceId": message.action_id,
            "Name": content["subject"][:_NAME_LENGTH],
            "CompanyId": account_of(message, "Gainsight"),
            **owner,
            "type": self._to.cta_type,
            "reason": self._to.cta_reason,
            "status": "New",
            "priority": "High" if content["is_urgent"] else "Medium",
            **due,
            # Comments are rich text; escaped, whatever a customer calls itself stays text.
            "Comments": html.escape(content["text"]).replace("\n", "<br>"),
            self._to.action_field: message.action_id,
        }

    def _words(self, answer: object) -> str:
        return _words(answer, self._http)


class GainsightAttributeWriter:
    """Writes fields of companies, found by Gsid."""

    destination = "gainsight"
    batch_size = _COMPANIES_MOST

    def __init__(self, to: GainsightDestination, *, now: Callable[[], datetime]) -> None:
        self._fields = field_names(COMPANY_FIELDS, to.company_fields, "Gainsight")
        self._http = _exchange(to, now)

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        return written_in_batches(accounts, self.batch_size, self._write)

    def close(self) -> None:
        self._http.close()

    def _write(self, accounts: Sequence[AccountAttributes]) -> list[Outcome]:
        records = [{"Gsid": each.external_id, **values(each, self._fields)} for each in accounts]
        said = self._http.write("PUT", "/v1/data/objects/Company?keys=Gsid", json_body={"records": records})
        answer = self._http.parsed(said)
        data = answer.get("data") if isinstance(answer, Mapping) and answer.get("result") else None
        if not isinstance(data, Mapping):
            raise DestinationRejectedError(f"Gainsight takes none of them: {_words(answer, self._http)}")
        failures = data.get("failures") or []
        failed = {each.get("index"): each for each in failures if isinstance(each, Mapping)}
        outcomes: list[Outcome] = []
        for position, account in enumerate(accounts):
            failure = failed.get(position)
            words = self._http.scrub(failure.get("errorMessage")) if failure else None
            outcomes.append(
                DestinationRejectedError(f"Gainsight refuses the company's fields: {words[:300]}")
                if words
                else Receipt(account.external_id)
            )
        return outcomes


def _exchange(to: GainsightDestination, now: Callable[[], datetime]) -> HttpExchange:
    return HttpExchange(
        to.url,
        name="Gainsight",
        setting="TIERLINE_TO_GAINSIGHT_URL",
        secrets=[to.access_key],
        headers={"accesskey": to.access_key},
        timeout_seconds=to.timeout_seconds,
        now=now,
    )


def _words(answer: object, http: HttpExchange) -> str:
    told = answer.get("errorDesc") if isinstance(answer, Mapping) else None
    return http.scrub(told or "an answer of another shape than the API's")[:300]


def _by_reference(listed: object) -> dict[str, str]:
    """`[{"<reference>": "<Gsid or words>"}, …]` as one mapping."""
    rows = listed if isinstance(listed, list) else []
    return {str(key): str(value) for row in rows if isinstance(row, Mapping) for key, value in row.items()}
