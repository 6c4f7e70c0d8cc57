"""ChurnZero: accounts, contacts, tasks, scores. Runs alone: `python -m assets.sources.churnzero --help`.

GET /Account                  → raw_churnzero.accounts                  (all of them each time, versions kept)
GET /Contact, /Task           → raw_churnzero.contacts, .tasks          (by ObjectLastModifiedDate)
GET /ChurnScoreCalculation    → raw_churnzero.churn_score_calculations  (by CalculationDay)
GET /ChurnScore, /UserAccount → raw_churnzero.churn_scores, .user_accounts (all of them each time)

OData v4 with `$top`, `$skip`, `$filter`, `$orderby`, `$count`; no more than 100 rows a page.
https://app.churnzero.net/developers
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

from dlt.sources.helpers.rest_client.auth import HttpBasicAuth
from pydantic import Field, SecretStr

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.api.errors import RequestRefusedError
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import Table, at, flag, identifier, number, text
from assets.sources.whole_listings import Row, Slice, read_whole

SYSTEM = "churnzero"
_PAGE_MOST = 100
_MODIFIED, _CALCULATED = "ObjectLastModifiedDate", "CalculationDay"
_OBJECT_DATES = (at("object_created_date", "ObjectCreatedDate"), at("object_last_modified_date", _MODIFIED))

ACCOUNTS = Table(
    "accounts",
    key=("id",),
    columns=(
        identifier("id", "Id", required=True),
        identifier("external_id", "ExternalId"),
        identifier("crm_id", "CrmId"),
        text("name", "Name"),
        flag("is_active", "IsActive"),
        at("start_date", "StartDate"),
        at("end_date", "EndDate"),
        at("next_renewal_date", "NextRenewalDate"),
        number("total_contract_amount", "TotalContractAmount"),
        identifier("user_account_id", "UserAccountId"),
        identifier("parent_account_id", "ParentAccountId"),
        identifier("primary_churn_score_id", "PrimaryChurnScoreId"),
        number("primary_churn_score_value", "PrimaryChurnScoreValue"),
        *_OBJECT_DATES,
    ),
    has_history=True,
    is_whole=True,
    # Another each day, of an account that did not change.
    ignored=("TenureInDays",),
)
CONTACTS = Table(
    "contacts",
    key=("id",),
    columns=(
        identifier("id", "Id", required=True),
        identifier("account_id", "AccountId"),
        identifier("external_id", "ExternalId"),
        identifier("crm_id", "CrmId"),
        identifier("email", "Email"),
        text("first_name", "FirstName"),
        text("last_name", "LastName"),
        text("full_name", "FullName"),
        text("title", "Title"),
        *_OBJECT_DATES,
    ),
    changed_at="object_last_modified_date",
)
TASKS = Table(
    "tasks",
    key=("id",),
    columns=(
        identifier("id", "Id", required=True),
        identifier("account_id", "AccountId"),
        identifier("user_account_id", "UserAccountId"),
        text("subject", "Subject"),
        identifier("type_name", "TypeName"),
        identifier("status_name", "StatusName"),
        identifier("priority_name", "PriorityName"),
        at("due_date", "DueDate"),
        at("completed_date", "CompletedDate"),
        *_OBJECT_DATES,
    ),
    changed_at="object_last_modified_date",
)
USER_ACCOUNTS = Table(
    "user_accounts",
    key=("id",),
    columns=(
        identifier("id", "Id", required=True),
        identifier("email", "Email"),
        text("first_name", "FirstName"),
        text("last_name", "LastName"),
        text("full_name", "FullName"),
        flag("is_active", "IsActive"),
    ),
    is_whole=True,
)
CHURN_SCORES = Table(
    "churn_scores",
    key=("id",),
    columns=(identifier("id", "Id", required=True), text("name", "Name")),
    is_whole=True,
)
CALCULATIONS = Table(
    "churn_score_calculations",
    key=("id",),
    columns=(
        identifier("id", "Id", required=True),
        identifier("account_id", "AccountId"),
        identifier("churn_score_id", "ChurnScoreId"),
        number("score", "Score"),
        at("calculation_day", _CALCULATED),
        flag("is_primary", "IsPrimary"),
    ),
    changed_at="calculation_day",
)
# What descriptions of the API call the same field, by the name that columns read.
_OTHER_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ACCOUNTS.name: {
        "ExternalId": ("AccountExternalId",),
        "UserAccountId": ("OwnerUserAccountId",),
        "ParentAccountId": ("DirectParentAccountId",),
    },
    CONTACTS.name: {"ExternalId": ("ContactExternalId",)},
    TASKS.name: {"Subject": ("Name",), "UserAccountId": ("AssignedUserAccountId", "OwnerUserAccountId")},
}


class ChurnzeroSettings(ApiSettings):
    """`base_url`: as shown beside the application key, with `/public/v1`. `username`: the e-mail address of a
    user with the permission Developer Tools and those to read in bulk; `api_key`: that user's REST API key.
    """

    username: str
    api_key: SecretStr
    page_size: int = Field(default=_PAGE_MOST, ge=1, le=_PAGE_MOST)


class Churnzero:
    """Reads an instance."""

    def __init__(self, settings: ChurnzeroSettings) -> None:
        self._settings = settings
        auth = HttpBasicAuth(settings.username, settings.api_key.get_secret_value())
        self._client = ApiClient(SYSTEM, settings, auth=auth, headers={"Accept": "application/json"})

    def streams(self) -> list[Stream]:
        return [
            self._whole(ACCOUNTS, "Account"),
            self._whole(USER_ACCOUNTS, "UserAccount"),
            self._changes(CONTACTS, "Contact", _MODIFIED),
            self._changes(TASKS, "Task", _MODIFIED),
            self._whole(CHURN_SCORES, "ChurnScore"),
            self._changes(CALCULATIONS, "ChurnScoreCalculation", _CALCULATED),
        ]

    def _whole(self, table: Table, entity: str) -> Stream:
        def read(reading: Reading) -> Iterator[Page]:
            rows = read_whole(
                lambda skip: self._slice(entity, skip, "Id", None),
                lambda row: row.get("Id"),
                page_size=self._settings.page_size,
                name=table.name,
                tell=reading.tell,
            )
            yield Page({table.name: [_named(table, row) for row in rows]})

        return Stream(table.name, (table.name,), read)

    def _changes(self, table: Table, entity: str, moment: str) -> Stream:
        def read(reading: Reading) -> Iterator[Page]:
            start = self._settings.start_on
            first = datetime.combine(start, time.min, UTC).isoformat() if start else None
            for rows, since in self._since(entity, moment, reading.cursor or first):
                yield Page({table.name: [_named(table, row) for row in rows]}, since)

        return Stream(table.name, (table.name,), read)

    def _since(self, entity: str, moment: str, since: str | None) -> Iterator[tuple[list[Row], str | None]]:
        """Pages by moment of change, each asked for from the moment the one before ended with: rows that
        change meanwhile come again at the end, and none is skipped.
        """
        skip = 0
        while True:
            page = self._slice(entity, skip, moment, f"{moment} ge {_literal(since)}" if since else None)
            last = page.rows[-1].get(moment) if page.rows else None
            has_moved = isinstance(last, str) and _literal(last) > _literal(since)
            skip += len(page.rows)
            is_last = len(page.rows) < self._settings.page_size if page.total is None else skip >= page.total
            if has_moved:
                since, skip = last, 0
            yield list(page.rows), since
            if is_last or not page.rows:
                return

    def _slice(self, entity: str, skip: int, order: str, where: str | None) -> Slice:
        asked: dict[str, Any] = {
            "$top": self._settings.page_size,
            "$skip": skip,
            "$orderby": order,
            "$count": "true",
        }
        body = self._client.get(f"/{entity}", params=asked | ({"$filter": where} if where else {})).json()
        if not isinstance(body, Mapping) or not isinstance(body.get("value"), list):
            raise RequestRefusedError(f"churnzero answers /{entity} with something else than an OData list")
        total = body.get("@odata.count")
        rows = [each if isinstance(each, Mapping) else {"payload": each} for each in body["value"]]
        return Slice(rows, total if isinstance(total, int) else None)


def _literal(moment: str | None) -> str:
    """An instant as OData writes it, without parts of a second, which its filters may not know."""
    try:
        found = datetime.fromisoformat(moment or "")
    except ValueError:
        return moment or ""
    return (
        (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _named(table: Table, row: Row) -> Row:
    """The row with the names its columns read."""
    renamed = dict(row)
    for name, others in _OTHER_NAMES.get(table.name, {}).items():
        for other in others:
            if renamed.get(name) is None and other in renamed:
                renamed[name] = renamed.pop(other)
    return renamed


CONNECTOR = ApiConnector(
    SYSTEM,
    ChurnzeroSettings,
    (ACCOUNTS, USER_ACCOUNTS, CONTACTS, TASKS, CHURN_SCORES, CALCULATIONS),
    lambda settings: Churnzero(settings).streams(),
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
