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
from assets.sources.crm.hubspot_objects import OVERLAP, PROPERTIES

SYSTEM = "hubspot"
_MOST_LISTED, _MOST_FOUND = 100, 200
# Records of which HubSpot gives histories at once, in a list as in a batch.
MOST_WITH_HISTORY = 50
Links = list[tuple[str, bool]]
# None: what was told of a record's associations cannot be read.
Ids = dict[str, Links | None]
# By which types of association contacts, deals and tickets name their main company, in v4 and in v3.
_PRIMARY = frozenset({"1", "5", "26", "contact_to_company", "deal_to_company", "ticket_to_company"})


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
            paging = body.get("paging") if isinstance(body, Mapping) else None
            following = ((paging or {}).get("next") or {}).get("after")
            yield _rows(body), following
            if not following:
                return
            repeated = repeated + 1 if str(following) == after else 0
            if repeated > self.settings.max_attempts:
                raise GaveUpError(f"hubspot's next page of {path} is the same page, {repeated} times")
            after = str(following)

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
        """By record the records of type `other` it belongs with: (id, whether it is the main one)."""
        if not ids:
            return {}
        body = self._client.post(
            f"/crm/v4/associations/{name}/{other}/batch/read", json={"inputs": [{"id": each} for each in ids]}
        ).json()
        found: Ids = {}
        rows = _rows(body)
        for each in rows:
            source = each.get("from") if isinstance(each, Mapping) else None
            number = source.get("id") if isinstance(source, Mapping) else None
            if type(number) in (str, int):
                found[str(number)] = _links(each.get("to"), "toObjectId", "associationTypes")
        # Where an answer does not say of which record it tells, it may be any that nothing else is told of.
        return found if len(found) == len(rows) else {**dict.fromkeys(ids), **found}


def inline(record: Mapping[str, Any], other: str) -> Links | None:
    """The same from a list's row, which has a line for each type of an association."""
    told = record.get("associations")
    for name in (other, "results"):
        if told and not isinstance(told, Mapping):
            return None
        told = told.get(name) if told else None
    return _links(told, "id", "type")


def _links(told: Any, number_name: str, types_name: str) -> Links | None:
    if told and not isinstance(told, list):
        return None
    found: dict[str, bool] = {}
    for each in told or []:
        number = each.get(number_name) if isinstance(each, Mapping) else None
        if type(number) not in (str, int):
            return None
        found[str(number)] = found.get(str(number), False) or _is_primary(each.get(types_name))
    return list(found.items())


def _is_primary(told: Any) -> bool:
    """`told`: a type's name, or types with their numbers."""
    types = (
        [each.get("typeId") for each in told if isinstance(each, Mapping)]
        if isinstance(told, list)
        else [told]
    )
    return any(str(each) in _PRIMARY for each in types)


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
