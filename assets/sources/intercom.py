"""Intercom: contacts, companies, conversations with their parts, into `raw_intercom`.

GET  /admins                →  admins              (whole)
GET  /companies/scroll      →  companies           (whole; the list itself ends at 10,000)
POST /contacts/search       →  contacts            (by updated_at, which is matched by calendar day)
POST /conversations/search  →  conversations       (by updated_at; with AI agent, ratings, statistics)
GET  /conversations/{id}    →  conversation_parts  (where something changed that statistics do not tell)

Facts: Intercom's API description (OpenAPI, version 2.14).
Runs alone: `python -m assets.sources.intercom --help`.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from pydantic import Field, SecretStr
from requests import Response

from assets.sources.api import (
    ApiClient,
    ApiConnector,
    ApiError,
    ApiSettings,
    GaveUpError,
    NotFoundError,
    Page,
    Reading,
    Stream,
    attempt,
)
from assets.sources.connector import Finding
from assets.sources.intercom_tables import INDEXING, TABLES
from assets.sources.latest_changes import Known, Row, listed, moment_of, wait_for_reset

SYSTEM = "intercom"
# `>` means "from the next day on" in the workspace's time zone: 48 hours reach back a day at least.
_DAY_MATCHING = timedelta(hours=48)
# Only one scroll may be open; an unused one is closed after a minute.
_SCROLL_EXPIRES_SECONDS = 61.0
_SCROLL_ATTEMPTS = 3


class Settings(ApiSettings):
    """`access_token` of an app of the workspace that may read people, companies, conversations and admins.

    `base_url`: Europe https://api.eu.intercom.io, Australia https://api.au.intercom.io. `start_on` bounds
    conversations only. `…_attribute`: names of the conversation attributes that hold these, if there are any.
    `read_all_parts`: also of conversations whose statistics tell what a person did; needed where bots other
    than the AI agent answer. `parallel_requests`: how many conversations are asked for at once.
    """

    base_url: str = "https://api.intercom.io"
    access_token: SecretStr
    api_version: str = "2.14"
    page_size: int = Field(default=150, ge=1, le=150)
    topic_attribute: str = "topic"
    priority_attribute: str = "priority"
    escalated_attribute: str = "escalated"
    read_all_parts: bool = False
    parallel_requests: int = Field(default=4, ge=1, le=16)


def streams(settings: Settings) -> Sequence[Stream]:
    client = _client(settings)
    conversations = partial(_conversations, client, settings)
    return (
        Stream("admins", ("admins",), partial(_admins, client)),
        Stream("companies", ("companies",), partial(_companies, client, settings)),
        Stream("contacts", ("contacts",), partial(_contacts, client, settings)),
        Stream("conversations", ("conversations", "conversation_parts"), conversations),
    )


def _client(settings: Settings) -> ApiClient:
    return ApiClient(
        SYSTEM,
        settings,
        auth=BearerTokenAuth(settings.access_token.get_secret_value()),
        headers={"Accept": "application/json", "Intercom-Version": settings.api_version},
        read_answer=_wait,
    )


def _wait(response: Response) -> float | ApiError | None:
    """Of 429s until the window is over; while another scroll is open until that has expired."""
    if response.status_code == HTTPStatus.BAD_REQUEST and "scroll_exists" in response.text:
        return _SCROLL_EXPIRES_SECONDS
    return wait_for_reset(response)


def _admins(client: ApiClient, reading: Reading) -> Iterator[Page]:
    yield Page({"admins": listed(client.get("/admins").json(), "admins", SYSTEM)})


def _companies(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    """One scroll over all. It cannot be taken up again after a failure: the page that was lost is gone. So it
    is begun anew, and rows that come twice are told apart by their key.
    """
    once = _client(settings.model_copy(update={"max_attempts": 1}))
    for restarts in range(_SCROLL_ATTEMPTS):
        body = client.get("/companies/scroll").json()
        try:
            while rows := listed(body, "data", SYSTEM):
                yield Page({"companies": rows})
                body = once.get("/companies/scroll", params={"scroll_param": body.get("scroll_param")}).json()
        except (GaveUpError, NotFoundError):
            if restarts == _SCROLL_ATTEMPTS - 1:
                raise
            reading.tell("companies: the scroll broke off; starting it again")
        else:
            return


def _contacts(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    known = Known.kept(reading.cursor, int(INDEXING.total_seconds()))
    oldest = None if known.latest is None else known.latest - known.overlap
    since = 0 if oldest is None else max(0, oldest - int(_DAY_MATCHING.total_seconds()))
    for rows, is_in_order in _search(client, settings, "contacts", "data", since):
        # Of the earlier days that had to be asked for as well.
        later = [row for row in rows if oldest is None or (moment_of(row, "updated_at") or oldest) >= oldest]
        for row in later:
            known.take(_id(row), moment_of(row, "updated_at"), row)
        yield Page({"contacts": later}, known.cursor if is_in_order else None)
    yield Page({}, known.cursor)


def _conversations(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    known = Known.kept(reading.cursor, int(INDEXING.total_seconds()))
    since = _first_second(settings) if known.latest is None else known.latest - known.overlap
    with ThreadPoolExecutor(settings.parallel_requests) as pool:
        for rows, is_in_order in _search(client, settings, "conversations", "conversations", since - 1):
            changed = [row for row in rows if known.take(_id(row), moment_of(row, "updated_at"), row)]
            needed = [_id(row) for row in changed if _needs_parts(row, read_all=settings.read_all_parts)]
            parts = [part for each in pool.map(partial(_parts, client), needed) for part in each]
            page = {
                "conversations": [_with_attributes(row, settings) for row in rows],
                "conversation_parts": parts,
            }
            yield Page(page, known.cursor if is_in_order else None)
    yield Page({}, known.cursor)


def _search(
    client: ApiClient, settings: Settings, kind: str, name: str, after: int
) -> Iterator[tuple[Sequence[Row], bool]]:
    """Rows changed after a second, oldest change first; and whether the order was kept so far.

    Only then may a cursor be made of the last row: Intercom sorts, but its description does not say so.
    """
    query = {"field": "updated_at", "operator": ">", "value": after}
    sort = {"field": "updated_at", "order": "ascending"}
    page: dict[str, Any] = {"per_page": settings.page_size}
    last, is_in_order = -1, True
    while True:
        asked = {"query": query, "sort": sort, "pagination": page}
        body = client.post(f"/{kind}/search", json=asked).json()
        rows = listed(body, name, SYSTEM)
        for moment in (moment_of(row, "updated_at") for row in rows):
            is_in_order = is_in_order and (moment is None or moment >= last)
            last = max(last, moment or last)
        yield rows, is_in_order
        pages = body.get("pages")
        following = pages.get("next") if isinstance(pages, Mapping) else None
        if not rows or not isinstance(following, Mapping):
            return
        page = {"per_page": settings.page_size, "starting_after": following.get("starting_after")}


def _needs_parts(row: Row, *, read_all: bool) -> bool:
    """Whether more happened than the row's own statistics tell: what the AI agent said, who closed it without
    a person's answer, when it was opened again. A message of ours that nobody answered has nothing to tell.
    """
    if not isinstance(row, Mapping):
        return False
    statistics = row.get("statistics")
    if not isinstance(statistics, Mapping):
        return _is_theirs(row)
    if statistics.get("count_conversation_parts") == 0:
        return False
    if read_all or row.get("ai_agent_participated") or statistics.get("count_reopens"):
        return True
    return _is_theirs(row) and statistics.get("first_admin_reply_at") is None


def _is_theirs(row: Mapping[str, Any]) -> bool:
    source = row.get("source")
    author = source.get("author") if isinstance(source, Mapping) else None
    is_by_us = isinstance(author, Mapping) and author.get("type") in ("admin", "team")
    return not is_by_us or bool(row.get("first_contact_reply"))


def _parts(client: ApiClient, number: str) -> list[Row]:
    try:
        body = client.get(f"/conversations/{number}").json()
    except NotFoundError:
        return []  # deleted since the search
    parts = listed(body.get("conversation_parts") or {}, "conversation_parts", SYSTEM)
    return [{**part, "conversation_id": number} if isinstance(part, Mapping) else part for part in parts]


def _with_attributes(row: Row, settings: Settings) -> Row:
    attributes = row.get("custom_attributes") if isinstance(row, Mapping) else None
    if not isinstance(attributes, Mapping):
        return row
    chosen = {
        "topic": attributes.get(settings.topic_attribute),
        "priority_attribute": attributes.get(settings.priority_attribute),
        "escalated_attribute": attributes.get(settings.escalated_attribute),
    }
    return {**row, **chosen}


def _id(row: Row) -> str:
    return str(row.get("id")) if isinstance(row, Mapping) else ""


def _first_second(settings: Settings) -> int:
    if settings.start_on is None:
        return 1
    return int(datetime.combine(settings.start_on, time.min, UTC).timestamp())


def _further_checks(settings: Settings) -> list[Finding]:
    return [attempt("credentials", lambda: _client(settings).get("/me"), "accepted")]


CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams, _further_checks)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
