"""A HubSpot portal: lists, searches, associations, properties, owners.

Facts: CRM API v3 (objects, search, properties, owners) and v4 (associations), https://developers.hubspot.com/docs;
shapes as in the models of the `hubspot-api-client` package.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from pydantic import Field, SecretStr, field_validator
from requests import Response

from assets.sources.api.client import ApiClient
from assets.sources.api.errors import ApiError, GaveUpError, NotFoundError, PermissionMissingError
from assets.sources.api.field_mapping import chosen
from assets.sources.api.refusals import said
from assets.sources.api.settings import ApiSettings
from assets.sources.crm.hubspot_answers import Ids, batch, inline, is_cut_off, joined, next_page, record_id
from assets.sources.crm.hubspot_objects import OVERLAP, PROPERTIES

SYSTEM = "hubspot"
_MOST_LISTED, _MOST_FOUND = 100, 200
# Records of which HubSpot gives histories at once, in a list as in a batch.
MOST_WITH_HISTORY = 50


class Settings(ApiSettings):
    """`access_token`: of a private app. `properties`: by table and column the property that fills it.
    `left_out`: properties never read. `searches_per_second`: HubSpot's own limit is 5.
    """

    base_url: str = "https://api.hubapi.com"
    access_token: SecretStr
    properties: dict[str, dict[str, str]] = Field(default_factory=dict)
    left_out: tuple[str, ...] = (
        "health_score",
        "health_tier",
        "churn_risk",
        "tierline_health_score",
        "tierline_health_tier",
        "tierline_churn_risk",
        "tierline_churn_risk_band",
        "tierline_health_as_of",
    )
    searches_per_second: float = Field(default=5, gt=0)
    overlap_seconds: int = Field(default=int(OVERLAP.total_seconds()), ge=0)

    @field_validator("properties")
    @classmethod
    def _known(cls, given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        chosen(PROPERTIES, given)
        return given


class Portal:
    """What can be asked of a portal. Searches are spaced as its limit wants."""

    def __init__(self, settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings, self._sleep = settings, sleep
        token = BearerTokenAuth(settings.access_token.get_secret_value())
        self._client = ApiClient(SYSTEM, settings, auth=token, read_answer=_read_answer)
        self._next_search = 0.0

    def properties(self, name: str) -> list[Any] | None:
        """What the portal tells of an object's properties; None: no such object, or it may not be read."""
        try:
            body = self._client.get(f"/crm/v3/properties/{name}").json()
        except (NotFoundError, PermissionMissingError):
            return None
        return _rows(body)

    def listed(
        self, path: str, parameters: Mapping[str, Any], after: str | None = None, most: int = _MOST_LISTED
    ) -> Iterator[tuple[list[Any], str | None]]:
        """Pages of a list, each with the place where the next begins."""
        size, repeated = min(self.settings.page_size, most), 0
        while True:
            asked = {**parameters, "limit": size, **({"after": after} if after else {})}
            body = self._client.get(path, params=asked).json()
            following = next_page(body)
            yield _rows(body), following
            if not following:
                return
            repeated = repeated + 1 if following == after else 0
            if repeated > self.settings.max_attempts:
                raise GaveUpError(f"hubspot's next page of {path} is the same page, {repeated} times")
            after = following

    def objects(
        self,
        name: str,
        properties: Sequence[str],
        others: Sequence[str],
        *,
        archived: bool,
        after: str | None = None,
    ) -> Iterator[tuple[list[Any], str | None]]:
        """Pages of records, with those of the types `others` that they belong with."""
        parameters = {"properties": ",".join(properties), "archived": str(archived).lower()}
        if others:
            parameters["associations"] = ",".join(others)
        return self.listed(f"/crm/v3/objects/{name}", parameters, after)

    def histories(
        self,
        name: str,
        properties: Sequence[str],
        after: str | None = None,
        most: int = MOST_WITH_HISTORY,
    ) -> Iterator[tuple[list[Any], str | None]]:
        """Pages of records with all versions of these properties, the newest first."""
        asked = {"properties": "hs_object_id", "propertiesWithHistory": ",".join(properties)}
        return self.listed(f"/crm/v3/objects/{name}", asked, after, most)

    def histories_of(self, name: str, properties: Sequence[str], ids: Sequence[str]) -> list[Any]:
        """The same of at most `MOST_WITH_HISTORY` records by their ids; those that are gone are left out."""
        asked = {
            "properties": ["hs_object_id"],
            "propertiesWithHistory": list(properties),
            "inputs": [{"id": each} for each in ids],
        }
        return _rows(self._client.post(f"/crm/v3/objects/{name}/batch/read", json=asked).json())

    def search(self, name: str, filters: Sequence[Mapping[str, Any]], sort: str, **more: Any) -> list[Any]:
        """One page of what fits all filters. `sort`: a property; with a `-` before it the last ones first."""
        direction = "DESCENDING" if sort.startswith("-") else "ASCENDING"
        asked = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": sort.lstrip("-"), "direction": direction}],
            "limit": min(self.settings.page_size, _MOST_FOUND),
            **more,
        }
        wait = self._next_search - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next_search = time.monotonic() + 1 / self.settings.searches_per_second
        return _rows(self._client.post(f"/crm/v3/objects/{name}/search", json=asked).json())

    def associated(self, name: str, other: str, ids: Sequence[str]) -> Ids:
        """By record the records of type `other` it belongs with: (id, whether it is the main one).

        Of a record that belongs with many, one answer tells a page; the next is asked for behind it.
        """
        path = f"/crm/v4/associations/{name}/{other}/batch/read"
        found: Ids = {}
        asked: dict[str, str | None] = dict.fromkeys(ids)
        while asked:
            inputs = [{"id": each, **({"after": after} if after else {})} for each, after in asked.items()]
            body = self._client.post(path, json={"inputs": inputs}).json()
            told, more = batch(body, _rows(body), asked)
            found |= {each: joined(found.get(each, []), links) for each, links in told.items()}
            following = {each: more[each] for each in asked if each in more}
            if following == asked:
                raise GaveUpError(f"hubspot's next page of {path} is the same page; run again later")
            asked = {**following}
        return found

    def listed_links(self, name: str, other: str, records: Sequence[Any]) -> Ids:
        """The same of a list's rows. Those that name only the first of many are asked about once more; where
        there is no answer (archived since), the first ones stand.
        """
        rows = {number: each for each in records if (number := record_id(each))}
        cut = [number for number, each in rows.items() if is_cut_off(each, other)]
        told = {number: inline(each, other) for number, each in rows.items()}
        return told | self.associated(name, other, cut)


def _rows(body: Any) -> list[Any]:
    if not isinstance(body, Mapping) or not isinstance(body.get("results"), list):
        raise GaveUpError("hubspot answered with no list of results; run again later")
    rows: list[Any] = body["results"]
    return rows


def _read_answer(response: Response) -> ApiError | None:
    """Types of objects that a portal does not have are refused as invalid."""
    if response.status_code == HTTPStatus.BAD_REQUEST and "infer object type" in said(response):
        return NotFoundError(f"hubspot has no such type of object: {said(response)}")
    return None
