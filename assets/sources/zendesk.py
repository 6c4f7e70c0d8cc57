"""Zendesk Support: the incremental exports, into `raw_zendesk`.

GET /api/v2/ticket_fields                       →  ticket_fields         (whole listing)
GET /api/v2/incremental/organizations           →  organizations         (versions kept)
GET /api/v2/incremental/users/cursor            →  users
GET /api/v2/incremental/tickets/cursor          →  tickets               (versions kept)
GET /api/v2/incremental/ticket_events           →  ticket_comments       (sideload `comment_events`)
GET /api/v2/incremental/ticket_metric_events    →  ticket_metric_events

Facts: Zendesk's Support API description (OpenAPI 2.0.0) and its page on incremental exports. Exports take 10
requests a minute; beyond that Zendesk says how long to wait. Runs alone:
`python -m assets.sources.zendesk --help`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Self

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator
from pydantic import Field, SecretStr, model_validator
from requests import Response
from requests.auth import AuthBase, HTTPBasicAuth

from assets.sources.api import (
    ApiClient,
    ApiConnector,
    ApiSettings,
    OddRowError,
    Page,
    Payload,
    Reading,
    Spoilt,
    Stream,
    shaped,
)
from assets.sources.latest_changes import listed, listed_in
from assets.sources.zendesk_tables import (
    ORGANIZATIONS,
    TICKET_COMMENTS,
    TICKET_FIELDS,
    TICKET_METRIC_EVENTS,
    TICKETS,
    USERS,
)

SYSTEM = "zendesk"
# "start_time" must lie at least a minute back.
_TOO_RECENT_SECONDS = 60
_LISTED_MOST = 100


class Settings(ApiSettings):
    """`base_url`: https://<subdomain>.zendesk.com. An administrator's API token with `email`, or OAuth."""

    email: str = ""
    api_token: SecretStr = SecretStr("")
    oauth_token: SecretStr = SecretStr("")
    page_size: int = Field(default=1000, ge=1, le=1000)

    @model_validator(mode="after")
    def _has_credentials(self) -> Self:
        if not self.oauth_token.get_secret_value() and not (self.email and self.api_token.get_secret_value()):
            raise ValueError("give email and api_token, or oauth_token")
        return self


TABLES = (TICKET_FIELDS, ORGANIZATIONS, USERS, TICKETS, TICKET_COMMENTS, TICKET_METRIC_EVENTS)


def streams(settings: Settings) -> Sequence[Stream]:
    client = ApiClient(SYSTEM, settings, auth=_auth(settings))
    by_cursor, by_time = partial(_by_cursor, client, settings), partial(_by_time, client, settings)
    return (
        Stream("ticket_fields", ("ticket_fields",), partial(_ticket_fields, client)),
        Stream("organizations", ("organizations",), partial(by_time, export="organizations")),
        Stream("users", ("users",), partial(by_cursor, "users")),
        Stream("tickets", ("tickets",), partial(by_cursor, "tickets")),
        Stream("ticket_comments", ("ticket_comments",), partial(_said, by_time)),
        Stream(
            "ticket_metric_events", ("ticket_metric_events",), partial(by_time, export="ticket_metric_events")
        ),
    )


def _auth(settings: Settings) -> AuthBase:
    if oauth := settings.oauth_token.get_secret_value():
        return BearerTokenAuth(oauth)
    return HTTPBasicAuth(f"{settings.email}/token", settings.api_token.get_secret_value())


def _ticket_fields(client: ApiClient, reading: Reading) -> Iterator[Page]:
    for page in client.paginate(
        "/api/v2/ticket_fields.json",
        params={"page[size]": _LISTED_MOST},
        paginator=JSONLinkPaginator("links.next"),
        data_selector="$",
    ):
        yield Page({"ticket_fields": listed_in(page, "ticket_fields", SYSTEM)})


def _said(by_time: Callable[..., Iterator[Page]], reading: Reading) -> Iterator[Page]:
    """The comments in the tickets' updates."""
    for page in by_time(reading, export="ticket_events", include="comment_events"):
        events = shaped(page.rows["ticket_events"], lambda event: list(_comments(event)))
        comments = [
            comment
            for found in events
            for comment in (_without_key(found) if isinstance(found, Spoilt) else found)
        ]
        yield Page({"ticket_comments": comments}, page.cursor)


def _without_key(event: Spoilt) -> list[Spoilt]:
    """An update's own id is no comment's."""
    return [Spoilt({"ticket_event": event.payload}, event.reason)]


def _comments(event: Payload) -> Iterator[Payload]:
    if not isinstance(event, Mapping):
        raise OddRowError("the update of a ticket is no object")
    children = event.get("child_events") or []
    if not isinstance(children, list) or not all(isinstance(child, Mapping) for child in children):
        raise OddRowError("child_events is no list of objects")
    for child in children:
        if child.get("event_type", child.get("type")) == "Comment":
            yield {
                "created_at": event.get("created_at"),
                **child,
                "ticket_id": event.get("ticket_id"),
                "audit_id": event.get("id"),
                "is_public": child.get("public", child.get("comment_public")),
            }


def _by_cursor(client: ApiClient, settings: Settings, kind: str, reading: Reading) -> Iterator[Page]:
    """A cursor-based export: after its end the cursor waits for what changes next."""
    cursor, is_at_end = reading.cursor, False
    while not is_at_end:
        where = {"cursor": cursor} if cursor else {"start_time": _first_second(settings)}
        body = client.get(
            f"/api/v2/incremental/{kind}/cursor.json", params={**where, "per_page": settings.page_size}
        ).json()
        rows = listed(body, kind, SYSTEM)
        cursor, is_at_end = body["after_cursor"] or cursor, body["end_of_stream"]
        yield Page({kind: rows}, cursor)


def _by_time(
    client: ApiClient, settings: Settings, reading: Reading, *, export: str, **sideload: str
) -> Iterator[Page]:
    """A time-based export: a page ends with the second at which the next begins, so its rows come twice."""
    second, is_at_end = reading.cursor or _first_second(settings), False
    while not is_at_end:
        parameters = {"start_time": second, "per_page": settings.page_size, **sideload}
        response = client.get(f"/api/v2/incremental/{export}.json", params=parameters)
        body, before = response.json(), second
        rows = listed(body, export, SYSTEM)
        second = _next_second(body, response, before)
        # Not every export says where it ends; one that does not move on is there.
        is_at_end = body.get("end_of_stream", second == before)
        yield Page({export: rows}, second)


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
