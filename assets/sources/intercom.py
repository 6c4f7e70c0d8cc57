"""Intercom: contacts, companies, conversations with their parts, into `raw_intercom`.

GET  /admins                →  admins              (whole)
GET  /companies/scroll      →  companies           (whole; POST /companies/list says how many)
POST /contacts/search       →  contacts            (by updated_at, which is matched by calendar day)
GET  /contacts              →  standing_contacts   (ids, whole: who is gone is in it no more)
POST /conversations/search  →  conversations       (by updated_at; with AI agent, ratings, statistics)
GET  /conversations/{id}    →  conversation_parts  (where something changed that statistics do not tell)

Facts: Intercom's API description (OpenAPI, version 2.14).
Runs alone: `python -m assets.sources.intercom --help`.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    NotFoundError,
    Page,
    Reading,
    RequestRefusedError,
    Spoilt,
    Stream,
    attempt,
)
from assets.sources.connector import Finding
from assets.sources.intercom_listings import companies, next_page, row_id, standing_contacts
from assets.sources.intercom_tables import INDEXING, STANDING_CONTACTS, TABLES
from assets.sources.latest_changes import Known, Row, listed, moment_of, wait_for_reset

SYSTEM = "intercom"
# `>` means "from the next day on" in the workspace's time zone: 48 hours reach back a day at least.
_DAY_MATCHING = timedelta(hours=48)
# Only one scroll may be open; an unused one is closed after a minute.
_SCROLL_EXPIRES_SECONDS = 61.0
_LISTED_AS = {"contacts": "data", "conversations": "conversations"}


class Settings(ApiSettings):
    """`access_token` of an app of the workspace that may read people, companies, conversations and admins.

    `base_url`: Europe https://api.eu.intercom.io, Australia https://api.au.intercom.io. `start_on` bounds
    conversations only. `…_attribute`: names of the conversation attributes that hold these, if there are any.
    `read_all_parts`: also of conversations whose statistics tell what a person did; needed where bots other
    than the AI agent answer. `parallel_requests`: how many conversations are asked for at once.
    `list_contacts`: look each time who is still there, which costs a request for each page of contacts; while
    it is off nobody is gone.
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
    list_contacts: bool = True


def streams(settings: Settings) -> Sequence[Stream]:
    client = _client(settings)
    once = _client(settings.model_copy(update={"max_attempts": 1}))
    may_shrink = settings.shrink_limit == 0
    standing = partial(
        standing_contacts,
        client,
        page_size=settings.page_size,
        attempts=settings.max_attempts,
        may_shrink=may_shrink,
    )
    listing = (Stream(STANDING_CONTACTS.name, (STANDING_CONTACTS.name,), standing),)
    conversations = partial(_conversations, client, settings)
    return (
        Stream("admins", ("admins",), partial(_admins, client)),
        Stream("companies", ("companies",), partial(companies, client, once, may_shrink=may_shrink)),
        Stream("contacts", ("contacts",), partial(_contacts, client, settings)),
        *(listing if settings.list_contacts else ()),
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


def _contacts(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    changed_at = partial(moment_of, name="updated_at", now=reading.now)
    for found in _search(client, settings, "contacts", reading, first=0, further_back=_DAY_MATCHING):
        # Without those of the earlier days that had to be asked for as well.
        later = [row for row in found.rows if (changed_at(row) or found.oldest) >= found.oldest]
        for row in later:
            found.known.take(row_id(row), changed_at(row), row)
        yield Page({"contacts": later}, found.cursor)


def _conversations(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    changed_at = partial(moment_of, name="updated_at", now=reading.now)
    first = _first_second(settings)
    with ThreadPoolExecutor(settings.parallel_requests) as pool:
        for found in _search(client, settings, "conversations", reading, first=first):
            changed = [row for row in found.rows if found.known.take(row_id(row), changed_at(row), row)]
            needed = [row_id(row) for row in changed if _needs_parts(row, read_all=settings.read_all_parts)]
            parts = [
                part for each in pool.map(partial(_parts, client), filter(None, needed)) for part in each
            ]
            conversations = [_with_attributes(row, settings) for row in found.rows]
            yield Page({"conversations": conversations, "conversation_parts": parts}, found.cursor)


@dataclass(frozen=True)
class _Found:
    """A page of a search. `oldest`: the second from which on changes are wanted; `following`: where the next
    page begins; None: there is none.
    """

    rows: Sequence[Row]
    oldest: int
    known: Known
    following: str | None

    @property
    def cursor(self) -> dict[str, Any]:
        at = {"oldest": self.oldest, "following": self.following} if self.following else None
        return {**self.known.cursor, "at": at}


def _search(
    client: ApiClient,
    settings: Settings,
    kind: str,
    reading: Reading,
    *,
    first: int,
    further_back: timedelta = timedelta(seconds=1),
) -> Iterator[_Found]:
    """What changed since the last reading, oldest change first; or the rest of one that was broken off.

    `first`: where the first one begins. `further_back`: because of how `>` is understood.
    """
    cursor = reading.cursor or {}
    known = Known.kept(reading.cursor, int(INDEXING.total_seconds()))
    oldest = first if known.oldest is None else known.oldest
    following: str | None = None
    if at := cursor.get("at"):
        oldest, following = at["oldest"], at["following"]
    after = max(0, oldest - int(further_back.total_seconds()))
    asked: dict[str, Any] = {
        "query": {"field": "updated_at", "operator": ">", "value": after},
        "sort": {"field": "updated_at", "order": "ascending"},
    }
    while True:
        page = {"per_page": settings.page_size} | ({"starting_after": following} if following else {})
        try:
            body = client.post(f"/{kind}/search", json={**asked, "pagination": page}).json()
        except RequestRefusedError:
            if not (at and following == at["following"]):
                raise
            # The place where the reading broke off is no longer known there.
            following, at = None, None
            continue
        rows = listed(body, _LISTED_AS[kind], SYSTEM)
        following = next_page(body, rows)
        yield _Found(rows, oldest, known, following)
        if not following:
            return


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
    shown = body.get("conversation_parts") if isinstance(body, Mapping) else None
    parts = shown.get("conversation_parts") if isinstance(shown, Mapping) else shown
    if not isinstance(parts, list):
        return [Spoilt({"conversation_id": number}, "the parts of the conversation are no list")]
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


def _first_second(settings: Settings) -> int:
    if settings.start_on is None:
        return 1
    return int(datetime.combine(settings.start_on, time.min, UTC).timestamp())


def _further_checks(settings: Settings) -> Iterator[Finding]:
    if not settings.list_contacts:
        words = "switched off (TIERLINE_INTERCOM_LIST_CONTACTS); contacts that are gone stay as last seen"
        yield Finding(STANDING_CONTACTS.name, True, words, is_left_out=True)
    yield attempt("credentials", lambda: _client(settings).get("/me"), "accepted")


CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams, _further_checks)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
