"""Pendo's records: accounts, visitors, what can be used, polls and their answers; and how it is asked."""

import time as clock
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from requests import Response

from assets.sources.api import (
    ApiClient,
    ApiError,
    CredentialsRefusedError,
    GaveUpError,
    Page,
    Reading,
    Spoilt,
    Stream,
)
from assets.sources.api.field_mapping import chosen
from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.no_export import instead_of_list, shown
from assets.sources.bulk.pendo_tables import FIELDS, MILLISECONDS
from assets.sources.bulk.settings import TimeZone, UsageSettings

SYSTEM = "pendo"
# Kind of event, and what the aggregation calls its source.
SOURCES = {"feature": "featureEvents", "page": "pageEvents", "track": "trackEvents"}
_LISTS = {"feature": "/api/v1/feature", "page": "/api/v1/page", "track": "/api/v1/tracktype"}
_POLL_DAYS_AT_ONCE = 30
_FIELDS_OF = {"account_fields": "accounts", "visitor_fields": "visitors"}


class Settings(UsageSettings):
    """`base_url`: app.pendo.io, or app.eu.pendo.io and others by region. An `integration_key`. `timezone`
    of the subscription. `app_ids`: applications to read; the default one when empty. `days_per_request` at
    most. `account_fields`, `visitor_fields`: by column where below `metadata` stands what Pendo has no field
    of its own for, where it differs from `FIELDS`; an empty place leaves the column out.
    """

    base_url: str = "https://app.pendo.io"
    integration_key: SecretStr
    timezone: TimeZone = "UTC"
    days_per_request: int = Field(default=30, ge=1)
    app_ids: tuple[int, ...] = ()
    account_fields: dict[str, str] = Field(default_factory=dict)
    visitor_fields: dict[str, str] = Field(default_factory=dict)

    @field_validator("account_fields", "visitor_fields")
    @classmethod
    def _are_columns(cls, given: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        chosen(FIELDS, {_FIELDS_OF[str(info.field_name)]: given})
        return given

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        """Place below `metadata` by column, by table."""
        return chosen(FIELDS, {table: getattr(self, name) for name, table in _FIELDS_OF.items()})


def streams(settings: Settings) -> Sequence[Stream]:
    client = _client(settings)
    return (
        Stream("accounts", ("accounts",), partial(_accounts, client, settings)),
        Stream("visitors", ("visitors",), partial(_visitors, client, settings)),
        Stream("event_types", ("event_types",), partial(_event_types, client)),
        Stream("polls", ("polls",), partial(_polls, client)),
        Stream("poll_events", ("poll_events",), partial(_poll_events, client, settings)),
    )


def aggregate(
    settings: Settings,
    source: str,
    first: date,
    count: int,
    *,
    stream: bool = False,
    most: int | None = None,
    sleep: Sleep = clock.sleep,
) -> Response:
    """Ask for some days' rows of a source of events, `most` of them."""
    return _ask(_client(settings, sleep), settings, source, first, count, stream=stream, most=most)


def _client(settings: Settings, sleep: Sleep = clock.sleep) -> ApiClient:
    key = settings.integration_key.get_secret_value()
    auth = APIKeyAuth(name="X-Pendo-Integration-Key", api_key=key, location="header")
    headers = {"Accept-Encoding": "gzip"}
    return ApiClient(SYSTEM, settings, auth=auth, headers=headers, read_answer=_refused, sleep=sleep)


def _refused(response: Response) -> ApiError | None:
    """Pendo says 403 to a key it does not know."""
    if response.status_code != HTTPStatus.FORBIDDEN:
        return None
    return CredentialsRefusedError(
        "pendo answered 403: it does not accept the key; correct TIERLINE_PENDO_INTEGRATION_KEY, and let an "
        "administrator see that the key may read"
    )


def _ask(
    client: ApiClient,
    settings: Settings,
    source: str,
    first: date | None = None,
    count: int = 1,
    *,
    stream: bool = False,
    most: int | None = None,
) -> Response:
    wanted: dict[str, Any] = {source: {"appId": list(settings.app_ids)} if settings.app_ids else None}
    if first is not None:
        begin = datetime.combine(first, time(), ZoneInfo(settings.timezone))
        milliseconds = int(begin.timestamp()) * MILLISECONDS
        wanted["timeSeries"] = {"period": "dayRange", "first": milliseconds, "count": count}
    steps: list[dict[str, Any]] = [{"source": wanted}]
    if most is not None:
        steps.append({"limit": most})
    request = {"requestId": f"tierline-{source}", "pipeline": steps}
    body = {"response": {"mimeType": "application/json"}, "request": request}
    return client.post("/api/v1/aggregation", json=body, stream=stream)


def _accounts(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    fields = settings.fields["accounts"]
    rows = _results(_ask(client, settings, "accounts"), settings)
    yield Page({"accounts": [_with(row, _mapped(row, fields)) for row in rows]})


def _visitors(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    fields = settings.fields["visitors"]
    rows = _results(_ask(client, settings, "visitors"), settings)
    yield Page({"visitors": [_with(row, _mapped(row, fields)) for row in rows]})


def _event_types(client: ApiClient, reading: Reading) -> Iterator[Page]:
    rows: list[Any] = []
    for kind, path in _LISTS.items():
        rows += [_with(row, {"kind": kind}) for row in _listed(client.get(path).json())]
    yield Page({"event_types": rows})


def _polls(client: ApiClient, reading: Reading) -> Iterator[Page]:
    guides = _listed(client.get("/api/v1/guide").json())
    yield Page({"polls": [poll for guide in guides for poll in _polls_of(guide)]})


def _polls_of(guide: Any) -> list[Any]:
    """A guide's own id is no poll's."""
    polls = (guide.get("polls") or []) if isinstance(guide, Mapping) else None
    if not isinstance(polls, list):
        return [Spoilt({"guide": guide}, "the polls of the guide are no list")]
    return [_with(poll, {"guide_id": guide.get("id")}) for poll in polls]


def _poll_events(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    """Answers by day; the cursor is the first day that may still get some."""
    today = reading.now.astimezone(ZoneInfo(settings.timezone)).date()
    start = settings.start_on or today - timedelta(days=settings.history_days)
    first = date.fromisoformat(reading.cursor) if reading.cursor else start
    while first <= today:
        count = min(_POLL_DAYS_AT_ONCE, (today - first).days + 1)
        rows = _results(_ask(client, settings, "pollEvents", first, count), settings)
        first += timedelta(days=count)
        settled = min(first, today - timedelta(days=settings.late_days))
        yield Page({"poll_events": rows}, max(settled, start).isoformat())


def _results(response: Response, settings: Settings) -> list[Any]:
    body = response.json()
    if isinstance(body, list):
        return body
    if trouble := instead_of_list(body, "results"):
        raise GaveUpError(
            f"pendo's answer cannot be read: {shown(trouble, settings)}; check the base URL, or run again "
            "later"
        )
    return _listed(body["results"])


def _listed(value: Any) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    raise GaveUpError("pendo answered without a list of rows; check the base URL, or run again later")


def _with(row: Any, mapped: Mapping[str, Any]) -> Any:
    return {**row, "mapped": mapped} if isinstance(row, Mapping) else row


def _mapped(row: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    """Values below `metadata` by the names the columns have; those of a list parted by `;`, as CRMs do it."""
    found: dict[str, Any] = {}
    for name, path in fields.items():
        value: Any = row.get("metadata") if isinstance(row, Mapping) else None
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        found[name] = ";".join(map(str, value)) if isinstance(value, list) else value
    return found
