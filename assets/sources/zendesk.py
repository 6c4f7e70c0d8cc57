"""Zendesk Support: the incremental exports, into `raw_zendesk`.

GET /api/v2/incremental/organizations        →  organizations   (versions kept)
GET /api/v2/incremental/users/cursor         →  users
GET /api/v2/incremental/tickets/cursor       →  tickets         (versions kept; deleted ones as `deleted`)

Facts: Zendesk's Support API description (OpenAPI 2.0.0) and its page on incremental exports. Exports are
limited to 10 requests a minute; a token of an admin is needed. Runs alone:
`python -m assets.sources.zendesk --help`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from pydantic import Field, SecretStr
from requests import Response
from requests.auth import HTTPBasicAuth

from assets.sources.api import (
    ApiClient,
    ApiConnector,
    ApiSettings,
    Page,
    Reading,
    Stream,
    Table,
    at,
    flag,
    identifier,
    nested,
    text,
)

SYSTEM = "zendesk"
# "start_time" must lie at least a minute back.
_TOO_RECENT_SECONDS = 60


class Settings(ApiSettings):
    """`base_url`: https://<subdomain>.zendesk.com. An API token of `email`, an administrator."""

    email: str
    api_token: SecretStr
    page_size: int = Field(default=1000, ge=1, le=1000)


ORGANIZATIONS = Table(
    "organizations",
    key=("id",),
    has_history=True,
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        text("name"),
        nested("domain_names"),
        nested("tags"),
        nested("organization_fields"),
        at("created_at"),
        at("updated_at", required=True),
        at("deleted_at"),
    ),
    ignored=("url",),
)
USERS = Table(
    "users",
    key=("id",),
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        text("name"),
        identifier("email"),
        identifier("role"),
        identifier("role_type"),
        flag("active"),
        flag("suspended"),
        identifier("organization_id"),
        nested("tags"),
        nested("user_fields"),
        at("created_at"),
        at("updated_at", required=True),
    ),
    ignored=("url",),
)
TICKETS = Table(
    "tickets",
    key=("id",),
    has_history=True,
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("external_id"),
        identifier("status", required=True),
        identifier("priority"),
        identifier("type"),
        text("subject"),
        identifier("via_channel", "via.channel"),
        identifier("requester_id"),
        identifier("submitter_id"),
        identifier("assignee_id"),
        identifier("organization_id"),
        identifier("group_id"),
        identifier("problem_id"),
        identifier("satisfaction_score", "satisfaction_rating.score"),
        nested("tags"),
        nested("custom_fields"),
        at("created_at", required=True),
        at("updated_at", required=True),
    ),
    ignored=("url", "generated_timestamp", "raw_subject", "fields"),
)
TABLES = (ORGANIZATIONS, USERS, TICKETS)


def streams(settings: Settings) -> Sequence[Stream]:
    token = settings.api_token.get_secret_value()
    client = ApiClient(SYSTEM, settings, auth=HTTPBasicAuth(f"{settings.email}/token", token))
    return (
        Stream("organizations", ("organizations",), partial(_by_time, client, settings, "organizations")),
        Stream("users", ("users",), partial(_by_cursor, client, settings, "users")),
        Stream("tickets", ("tickets",), partial(_by_cursor, client, settings, "tickets")),
    )


def _by_cursor(client: ApiClient, settings: Settings, kind: str, reading: Reading) -> Iterator[Page]:
    """A cursor-based export: after its end the cursor waits for what changes next."""
    cursor, is_at_end = reading.cursor, False
    while not is_at_end:
        where = {"cursor": cursor} if cursor else {"start_time": _first_second(settings)}
        body = client.get(
            f"/api/v2/incremental/{kind}/cursor.json", params={**where, "per_page": settings.page_size}
        ).json()
        cursor, is_at_end = body["after_cursor"] or cursor, body["end_of_stream"]
        yield Page({kind: body[kind]}, cursor)


def _by_time(client: ApiClient, settings: Settings, kind: str, reading: Reading) -> Iterator[Page]:
    """A time-based export: a page ends with the second at which the next begins, so its rows come twice."""
    second, is_at_end = reading.cursor or _first_second(settings), False
    while not is_at_end:
        parameters = {"start_time": second, "per_page": settings.page_size}
        response = client.get(f"/api/v2/incremental/{kind}.json", params=parameters)
        body = response.json()
        is_at_end = body["end_of_stream"]
        second = _next_second(body, response, second)
        yield Page({kind: body[kind]}, second)


def _next_second(body: dict[str, Any], response: Response, second: int) -> int:
    """Where to go on: never so late, by Zendesk's own clock, that it would refuse."""
    date = response.headers.get("Date")
    now = parsedate_to_datetime(date) if date else datetime.now(UTC)
    return max(second, min(int(body["end_time"] or second), int(now.timestamp()) - _TOO_RECENT_SECONDS))


def _first_second(settings: Settings) -> int:
    if settings.start_on is None:
        return 0
    return int(datetime.combine(settings.start_on, time.min, UTC).timestamp())


CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
