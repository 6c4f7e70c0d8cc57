"""Delighted: survey responses and the people who were asked, into `raw_delighted`.

GET /v1/survey_responses.json  →  survey_responses  (each with its person; `updated_since`, numbered pages)
GET /v1/people.json            →  people            (`since` they were created; next page in `Link`)

The vendor closed on 2026-06-30: this is an import of history, from an archive of its answers behind HTTP or
in a folder (`survey_responses*.json`, `people*.json`, each a list or one object a line). Facts: the vendor's
pages on its API and its SDK's tests: lists are bare.
Runs alone: `python -m assets.sources.delighted --help`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path

from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator
from pydantic import Field, SecretStr
from requests.auth import HTTPBasicAuth

from assets.sources.api import (
    ApiClient,
    ApiConnector,
    ApiSettings,
    GaveUpError,
    NotFoundError,
    Page,
    Reading,
    Spoilt,
    Stream,
    Table,
    at,
    identifier,
    nested,
    number,
    text,
)
from assets.sources.api.payloads import UnparsableBodyError, parsed
from assets.sources.latest_changes import NumberedPages, Row, moment_of

SYSTEM = "delighted"


class Settings(ApiSettings):
    """`api_key` of the project; none for an archive that asks for none. `export_folder`: read the archive
    there instead of asking `base_url`. `account_property`: the person's property that holds the product's id
    of the account.
    """

    base_url: str = "https://api.delighted.com"
    api_key: SecretStr = SecretStr("")
    export_folder: Path | None = None
    page_size: int = Field(default=100, ge=1, le=100)
    account_property: str = "customer_id"


SURVEY_RESPONSES = Table(
    "survey_responses",
    key=("id",),
    changed_at="updated_at",
    columns=(
        identifier("id", required=True),
        identifier("person_id", "person.id"),
        identifier("person_email", "person.email"),
        text("person_name", "person.name"),
        identifier("survey_type"),
        number("score"),
        text("comment"),
        at("created_at", per_second=1),
        at("updated_at", per_second=1),
        identifier("account_id"),
        nested("person_properties"),
        nested("tags"),
    ),
    ignored=("permalink",),
)
PEOPLE = Table(
    "people",
    key=("id",),
    changed_at="created_at",
    columns=(
        identifier("id", required=True),
        identifier("email"),
        text("name"),
        at("created_at", per_second=1),
        at("last_sent_at", per_second=1),
        at("last_responded_at", per_second=1),
    ),
    ignored=("next_survey_scheduled_at",),
)
TABLES = (SURVEY_RESPONSES, PEOPLE)


def streams(settings: Settings) -> Sequence[Stream]:
    if settings.export_folder is not None:
        folder = settings.export_folder
        return (
            Stream(
                "survey_responses",
                ("survey_responses",),
                partial(_archived, folder, settings, "survey_responses"),
            ),
            Stream("people", ("people",), partial(_archived, folder, settings, "people")),
        )
    client = ApiClient(SYSTEM, settings, auth=HTTPBasicAuth(settings.api_key.get_secret_value(), ""))
    return (
        Stream("survey_responses", ("survey_responses",), partial(_responses, client, settings)),
        Stream("people", ("people",), partial(_people, client, settings)),
    )


def _responses(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    def ask(since: int | None, page: int) -> Sequence[Row]:
        asked: dict[str, object] = {
            "per_page": settings.page_size,
            "page": page,
            "order": "asc:updated_at",
            "expand[]": "person",
        }
        if since is not None:
            asked["updated_since"] = since
        return _bare(client.get("/v1/survey_responses.json", params=asked).json())

    listing = NumberedPages(ask, partial(_changed_at, now=reading.now), settings.page_size)
    for rows, position in listing.read(reading.cursor, start=_second(settings.start_on)):
        yield Page({"survey_responses": [_response(row, settings) for row in rows]}, position)


def _people(client: ApiClient, settings: Settings, reading: Reading) -> Iterator[Page]:
    """In the order in which they were created; where that moves on, a reading that breaks off is taken up."""
    since: int | None = reading.cursor or _second(settings.start_on)
    asked = {"per_page": settings.page_size} | ({} if since is None else {"since": since})
    latest, is_in_order = since, True
    for rows in client.paginate(
        "/v1/people.json", params=asked, paginator=HeaderLinkPaginator(), data_selector="$"
    ):
        # A paginator makes a list of what is none.
        _bare(rows if not rows or any(isinstance(row, Mapping) and "id" in row for row in rows) else None)
        for moment in (moment_of(row, "created_at", reading.now) for row in rows):
            is_in_order = is_in_order and (moment is None or latest is None or moment >= latest)
            latest = max(filter(None, (moment, latest)), default=None)
        yield Page({"people": list(rows)}, latest if is_in_order and latest != since else None)
    yield Page({}, latest)


def _archived(folder: Path, settings: Settings, kind: str, reading: Reading) -> Iterator[Page]:
    """Everything each time: what stands already comes again unchanged."""
    files = sorted(folder.glob(f"{kind}*.json*")) if folder.is_dir() else []
    if not files:
        raise NotFoundError(f"{folder} holds no {kind}*.json: put the archive of Delighted's answers there")
    for file in files:
        rows = _rows_of(file)
        made = [_response(row, settings) for row in rows] if kind == "survey_responses" else rows
        yield Page({kind: made})


def _rows_of(file: Path) -> Sequence[Row]:
    content = file.read_bytes()
    try:
        return _bare(parsed(content))
    except UnparsableBodyError:
        lines = [_line(number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
        if any(not isinstance(each, Spoilt) for each in lines):
            return lines
        raise GaveUpError(f"{file.name} is neither a JSON list nor one JSON object a line") from None


def _line(number: int, line: bytes) -> Row:
    try:
        row: Row = parsed(line)
    except UnparsableBodyError:
        return Spoilt(line.decode(errors="replace"), f"line {number} is no JSON")
    return row


def _bare(body: object) -> Sequence[Row]:
    if isinstance(body, list):
        return body
    raise GaveUpError(f"{SYSTEM} answered with something that is no list; check the base URL or the archive")


def _response(row: Row, settings: Settings) -> Row:
    """With the person as an object, also where only its id is given, and the account of its properties."""
    if not isinstance(row, Mapping):
        return row
    made = dict(row)
    if "person" in made and not isinstance(made["person"], Mapping):
        made["person"] = {"id": made["person"]}
    properties = made.get("person_properties")
    if isinstance(properties, Mapping):
        made["account_id"] = properties.get(settings.account_property)
    return made


def _changed_at(row: Row, now: datetime) -> int | None:
    """A response that was never changed has no `updated_at`."""
    changed = moment_of(row, "updated_at", now)
    return moment_of(row, "created_at", now) if changed is None else changed


def _second(day: date | None) -> int | None:
    return None if day is None else int(datetime.combine(day, time.min, UTC).timestamp())


CONNECTOR = ApiConnector(SYSTEM, Settings, TABLES, streams)
source, check = CONNECTOR.source, CONNECTOR.check

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
