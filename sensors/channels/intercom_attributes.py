"""Score, tier and risk of accounts as custom attributes of Intercom's companies.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-attributes
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from sensors.channels.attributes import AccountAttributes
from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    Outcome,
    Receipt,
)
from sensors.channels.intercom_api import IntercomApi, NothingThereError

# Name, type and description as Intercom shows them. The day is text: Intercom's dates are instants.
ATTRIBUTES = {
    "tierline_score": ("float", "Health score, 0 to 100"),
    "tierline_tier": ("string", "Health tier"),
    "tierline_risk": ("float", "Probability of churn in the next 90 days, 0 to 1"),
    "tierline_risk_band": ("string", "Band of the probability of churn"),
    "tierline_as_of": ("string", "The day score, tier and risk are of"),
}


class IntercomAttributeWriter:
    """Writes one company a request: Intercom has no batches. `external_id` is Intercom's id of the company.

    An attribute that is unknown is written as null, which clears it.
    """

    destination = "intercom"
    batch_size = 20

    def __init__(
        self, access_token: str, *, base_url: str, timeout_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._api = IntercomApi(access_token, base_url=base_url, timeout_seconds=timeout_seconds, now=now)
        self._has_attributes = False

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        """One outcome per account, in order. Writing again does no harm, so a doubt is only "not yet"."""
        for account in accounts:
            try:
                yield self._write(account)
            except DeliveryError as error:
                yield error

    def close(self) -> None:
        self._api.close()

    def _write(self, account: AccountAttributes) -> Receipt:
        self._create_missing()
        attributes = {
            "tierline_score": account.score,
            "tierline_tier": account.tier,
            "tierline_risk": account.risk,
            "tierline_risk_band": account.risk_band,
            "tierline_as_of": account.as_of.isoformat(),
        }
        path = f"/companies/{quote(account.external_id, safe='')}"
        try:
            company = self._api.ask("PUT", path, {"custom_attributes": attributes})
        except NothingThereError as error:
            raise DestinationRejectedError(str(error)) from None
        return Receipt(str(company.get("id") or account.external_id))

    def _create_missing(self) -> None:
        """Once per writer: attributes stay. Raises `DeliveryError`; what is wrong for one is for all."""
        if self._has_attributes:
            return
        try:
            listed = self._api.ask("GET", "/data_attributes?model=company")["data"]
            known = {attribute["name"] for attribute in listed}
            for name, (data_type, description) in ATTRIBUTES.items():
                if name not in known:
                    field = {"name": name, "model": "company", "data_type": data_type}
                    self._api.ask("POST", "/data_attributes", field | {"description": description})
        except DestinationRejectedError as error:
            raise DestinationUnavailableError(
                f"Intercom did not let the attributes be created: {error}", is_channel_wide=True
            ) from None
        self._has_attributes = True
