"""Zipchat Code: the AI tier's conversations and what was said in them, into `raw_zipchat`.

GET /chats/{id}/conversations       →  conversations   (`last_message_at_since`, numbered pages)
GET /chats/{id}/conversations/{id}  →  messages, leads (of the conversations with something new)

Facts: the vendor's pages on its Backend API and Conversations API. 120 requests in 60 seconds; no webhooks;
the order of the list is not promised. Runs alone: `python -m assets.sources.zipchat --help`.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import count

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from pydantic import Field, SecretStr

from assets.sources.api import (
    ApiClient,
    ApiConnector,
    ApiSettings,
    NotFoundError,
    OddRowError,
    Page,
    Reading,
    Spoilt,
    Stream,
    Table,
    at,
    flag,
    identifier,
    nested,
    text,
)
from assets.sources.api.field_mapping import several
from assets.sources.latest_changes import Known, NumberedPages, Row, listed, moment_of, wait_for_reset

SYSTEM = "zipchat"
# An escalation may be resolved without a message, and the list can only be asked for new messages: so long
# after its last message a conversation is still looked at.
_SETTLING = timedelta(days=14)
_MESSAGES_MOST = 200


class Settings(ApiSettings):
    """`api_key` (`zc-…`) and `chat_ids` stand on the card of the Backend API integration.

    `account_attribute`: the attribute of a lead that holds the product's id of its account.
    `parallel_requests`: how many conversations are asked for at once.
    """

    base_url: str = "https://app.zipchat.ai/api/integrations/backend_api/v1"
    api_key: SecretStr
    chat_ids: list[str] = Field(min_length=1)
    page_size: int = Field(default=100, ge=1, le=100)
    account_attribute: str = "account_id"
    parallel_requests: int = Field(default=4, ge=1, le=16)


CONVERSATIONS = Table(
    "conversations",
    key=("id",),
    changed_at="last_message_at",
    overlap=_SETTLING,
    columns=(
        identifier("id", required=True),
        identifier("chat_id"),
        at("created_at", required=True),
        *several(at, "last_message_at last_escalated_at last_escalation_resolved_at"),
        identifier("channel"),
        flag("manual_reply_mode"),
        identifier("assignee_id", "assignee.id"),
        identifier("assignee_email", "assignee.email"),
        identifier("share_url"),
        identifier("lead_id", "lead.id"),
        text("lead_full_name", "lead.full_name"),
        identifier("lead_email", "lead.email"),
    ),
)
LEADS = Table(
    "leads",
    key=("id",),
    columns=(
        identifier("id", required=True),
        *several(text, "full_name first_name last_name"),
        *several(identifier, "email account_id"),
        nested("additional_attributes"),
    ),
)
MESSAGES = Table(
    "messages",
    key=("id",),
    columns=(
        identifier("id", required=True),
        identifier("conversation_id", required=True),
        identifier("role"),
        text("message"),
        flag("manual_reply"),
        identifier("status"),
        identifier("sender_id"),
        at("created_at", required=True),
    ),
)
TABLES = (CONVERSATIONS, MESSAGES, LEADS)


def streams(settings: Settings) -> Sequence[Stream]:
    client = ApiClient(
        SYSTEM,
        settings,
        auth=BearerTokenAuth(settings.api_key.get_secret_value()),
        headers={"Accept": "application/json"},
        read_answer=wait_for_reset,
    )
    tables = tuple(table.name for table in TABLES)
    return [
        Stream(f"chat_{chat}", tables, partial(_conversations, client, settings, chat))
        for chat in settings.chat_ids
    ]


def _conversations(client: ApiClient, settings: Settings, chat: str, reading: Reading) -> Iterator[Page]:
    """Conversations since the last reading, with all messages of those that have new ones."""
    cursor = reading.cursor or {}
    known, settled = Known.kept(cursor.get("known")), cursor.get("settled")
    spoken_at = partial(moment_of, name="last_message_at", now=reading.now)
    listing = NumberedPages(partial(_listed, client, settings, chat), spoken_at, settings.page_size)
    pages = listing.read(
        cursor.get("at"), start=_second(settings.start_on), lookback=int(_SETTLING.total_seconds())
    )
    with ThreadPoolExecutor(settings.parallel_requests) as pool:
        for rows, position in pages:
            messages: list[Row] = []
            leads: list[Row] = []
            changed: list[str] = []
            for row in rows:
                moment = spoken_at(row)
                is_settled = settled is not None and moment is not None and moment < settled
                if _id(row) and not is_settled and known.take(_id(row), moment, row):
                    changed.append(_id(row))
            for number, found in zip(changed, pool.map(partial(_tried, client, chat), changed), strict=True):
                if isinstance(found, OddRowError):
                    known.forget(number)
                    messages.append(Spoilt({"conversation_id": number}, str(found)))
                    continue
                said, lead = found
                messages += said
                leads += [_with_account(each, settings) for each in lead]
            settled = position["latest"] if position["is_done"] else settled
            page = {"conversations": rows, "messages": messages, "leads": leads}
            yield Page(page, {"at": position, "known": known.cursor, "settled": settled})


def _listed(client: ApiClient, settings: Settings, chat: str, since: int | None, page: int) -> Sequence[Row]:
    asked: dict[str, object] = {"page": page, "per_page": settings.page_size}
    if since is not None:
        asked["last_message_at_since"] = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return listed(client.get(f"/chats/{chat}/conversations", params=asked).json(), "conversations", SYSTEM)


def _tried(client: ApiClient, chat: str, number: str) -> tuple[list[Row], list[Row]] | OddRowError:
    try:
        return _details(client, chat, number)
    except OddRowError as error:
        return error


def _details(client: ApiClient, chat: str, number: str) -> tuple[list[Row], list[Row]]:
    """A conversation's messages, each naming it, and its lead with all attributes, if there is one."""
    messages: list[Row] = []
    for page in count(1):
        parameters = {"message_page": page, "message_per_page": _MESSAGES_MOST}
        try:
            body = client.get(f"/chats/{chat}/conversations/{number}", params=parameters).json()
        except NotFoundError:
            break  # deleted since it was listed
        shown = body.get("conversation") if isinstance(body, Mapping) else None
        said = shown.get("messages") if isinstance(shown, Mapping) else None
        if not isinstance(said, list):
            raise OddRowError("the messages of the conversation are no list")
        messages += [
            {**each, "conversation_id": number} if isinstance(each, Mapping) else each for each in said
        ]
        if len(said) < _MESSAGES_MOST:
            lead = shown.get("lead") if isinstance(shown, Mapping) else None
            return messages, [] if lead is None else [lead]
    return messages, []


def _with_account(lead: Row, settings: Settings) -> Row:
    attributes = lead.get("additional_attributes") if isinstance(lead, Mapping) else None
    if not isinstance(attributes, Mapping):
        return lead
    return {**lead, "account_id": attributes.get(settings.account_attribute)}


def _id(row: Row) -> str:
    number = row.get("id") if isinstance(row, Mapping) else None
    return str(number) if type(number) in (str, int) else ""


def _second(day: date | None) -> int | None:
    return None if day is None else int(datetime.combine(day, time.min, UTC).timestamp())


CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
