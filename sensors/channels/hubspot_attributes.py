"""HubSpot: score, tier and risk as properties of companies, in batches; made when missing.

Facts: https://developers.hubspot.com/docs/api-reference/crm-companies-v3/guide (batch update: at most 100)
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import DeliveryError, DestinationRejectedError, Outcome, Receipt
from sensors.channels.crm_answers import as_channel_wide
from sensors.channels.hubspot import make_property, missing_properties
from sensors.channels.hubspot_api import HubspotApi, TwinError

GROUP = "tierline"
# name: (label, type, kind of field)
PROPERTIES = {
    "tierline_health_score": ("Tierline health score", "number", "number"),
    "tierline_health_tier": ("Tierline health tier", "string", "text"),
    "tierline_churn_risk": ("Tierline churn risk", "number", "number"),
    "tierline_churn_risk_band": ("Tierline churn risk band", "string", "text"),
    "tierline_health_as_of": ("Tierline health as of", "date", "date"),
}


class HubspotCompanies:
    """An `AttributeWriter`. A company that HubSpot does not know is refused alone, not with its batch."""

    destination = "hubspot"
    batch_size = 100

    def __init__(self, api: HubspotApi) -> None:
        self._api = api
        self._is_prepared = False

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        try:
            self._prepare()
        except DeliveryError as error:
            for _ in accounts:
                yield as_channel_wide(error)
            return
        for start in range(0, len(accounts), self.batch_size):
            yield from self._write(accounts[start : start + self.batch_size])

    def close(self) -> None:
        """The SDK's connections close with their pools."""

    def _write(self, batch: Sequence[AccountAttributes]) -> list[Outcome]:
        inputs = [{"id": account.external_id, "properties": _values(account)} for account in batch]
        try:
            told = self._api.call(self._api.objects.batch_api.update, "companies", {"inputs": inputs})
        except DestinationRejectedError as error:
            if len(batch) == 1:
                return [error]
            # One bad value fails the whole batch; halving it finds the one.
            middle = len(batch) // 2
            return [*self._write(batch[:middle]), *self._write(batch[middle:])]
        except DeliveryError as error:
            return [error for _ in batch]
        written = {str(row["id"]) for row in told.get("results", [])}
        return [
            Receipt(account.external_id)
            if account.external_id in written
            else DestinationRejectedError(f"HubSpot has no company {account.external_id}")
            for account in batch
        ]

    def _prepare(self) -> None:
        """Raises `DeliveryError`."""
        if self._is_prepared:
            return
        missing = missing_properties(self._api, "companies", list(PROPERTIES))
        if missing:
            self._make_group()
        for name in missing:
            label, kind, field = PROPERTIES[name]
            make_property(
                self._api,
                "companies",
                {"name": name, "label": label, "groupName": GROUP, "type": kind, "fieldType": field},
            )
        self._is_prepared = True

    def _make_group(self) -> None:
        groups = self._api.properties.groups_api
        told = self._api.call(groups.get_all, "companies")
        if any(row.get("name") == GROUP for row in told.get("results", [])):
            return
        try:
            self._api.call(groups.create, "companies", {"name": GROUP, "label": "Tierline"})
        except TwinError:
            return


def _values(account: AccountAttributes) -> dict[str, Any]:
    """HubSpot keeps text; an empty one clears the property."""
    values = (account.score, account.tier, account.risk, account.risk_band, account.as_of)
    return {name: "" if value is None else str(value) for name, value in zip(PROPERTIES, values, strict=True)}
