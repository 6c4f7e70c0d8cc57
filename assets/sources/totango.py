"""Totango: accounts with their health, users. Runs alone: `python -m assets.sources.totango --help`.

POST /api/v1/search/accounts  →  raw_totango.accounts (all of them each time, versions kept)
POST /api/v1/search/users     →  raw_totango.users    (all of them each time)

A search gives the fields it was asked for as a list in the order asked, 1,000 rows a page and 10,000 in all.
https://support.totango.com/hc/en-us/articles/204174135-Search-API-accounts-and-users
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from pydantic import Field, SecretStr

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.api.errors import ApiError, RequestRefusedError
from assets.sources.api.payloads import OddRowError, shaped
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import Table, at, identifier, number, on, text
from assets.sources.whole_listings import Row, Slice, read_whole

SYSTEM = "totango"
_PAGE_MOST, _FOUND_MOST = 1_000, 10_000
_MILLISECONDS = 1_000
Term = Mapping[str, Any]

ACCOUNTS = Table(
    "accounts",
    key=("name",),
    columns=(
        identifier("name", required=True),
        text("display_name"),
        identifier("health"),
        number("engagement_score"),
        identifier("status_group"),
        identifier("success_manager"),
        number("contract_value"),
        on("contract_start_date", per_second=_MILLISECONDS),
        on("contract_renewal_date", per_second=_MILLISECONDS),
        identifier("salesforce_id"),
    ),
    has_history=True,
    is_whole=True,
    # It moves with every use, and use is known better from elsewhere.
    ignored=("last_activity_time",),
)
USERS = Table(
    "users",
    key=("account_name", "name"),
    columns=(
        identifier("name", required=True),
        identifier("account_name", required=True),
        text("display_name"),
        identifier("email"),
        at("first_activity_time", per_second=_MILLISECONDS),
        at("last_activity_time", per_second=_MILLISECONDS),
    ),
    is_whole=True,
)
# Column → the field asked for; attributes carry the names Totango gives them by default.
ACCOUNT_FIELDS: Mapping[str, Term] = {
    "health": {"type": "string", "term": "health"},
    "engagement_score": {"type": "number", "term": "score"},
    "status_group": {"type": "string", "term": "status_group"},
    "success_manager": {"type": "string_attribute", "attribute": "Success Manager"},
    "contract_value": {"type": "number_attribute", "attribute": "Contract Value"},
    "contract_start_date": {"type": "simple_date_attribute", "attribute": "Contract Start Date"},
    "contract_renewal_date": {"type": "simple_date_attribute", "attribute": "Contract Renewal Date"},
    "salesforce_id": {"type": "string_attribute", "attribute": "Salesforce ID"},
}
USER_FIELDS: Mapping[str, Term] = {"email": {"type": "string_attribute", "attribute": "Email"}}
_ACCOUNT_OF_USER: Mapping[str, Term] = {"account_name": {"type": "string", "term": "identifier", "index": 0}}


class TooManyAccountsError(ApiError):
    """A search finds more than Totango shows."""


class TotangoSettings(ApiSettings):
    """`app_token`: a global admin's API token. `base_url`: `https://api-eu1.totango.com` in Europe. `terms`:
    conditions of the search as JSON, to read a part of the accounts only. `account_fields`: column → field,
    where attributes of yours have other names
    (`{"contract_value": {"type": "number_attribute", "attribute": "ACV"}}`).
    """

    base_url: str = "https://api.totango.com"
    app_token: SecretStr
    terms: list[dict[str, Any]] = Field(default_factory=list)
    account_fields: dict[str, dict[str, Any]] = Field(default_factory=dict)
    page_size: int = Field(default=_PAGE_MOST, ge=1, le=_PAGE_MOST)


class Totango:
    """Reads a service."""

    def __init__(self, settings: TotangoSettings) -> None:
        self._settings = settings
        auth = APIKeyAuth(name="app-token", api_key=settings.app_token.get_secret_value(), location="header")
        self._client = ApiClient(SYSTEM, settings, auth=auth)
        self._account_fields = {**ACCOUNT_FIELDS, **settings.account_fields}

    def streams(self) -> list[Stream]:
        return [
            Stream("accounts", (ACCOUNTS.name,), self._accounts),
            Stream("users", (USERS.name,), self._users),
        ]

    def _accounts(self, reading: Reading) -> Iterator[Page]:
        rows = self._found("accounts", {"fields": _asked(self._account_fields)}, reading)
        yield Page({ACCOUNTS.name: shaped(rows, lambda row: _row(row, list(self._account_fields)))})

    def _users(self, reading: Reading) -> Iterator[Page]:
        fields = {"fields": _asked(USER_FIELDS), "parent_account_fields": _asked(_ACCOUNT_OF_USER)}
        rows = self._found("users", fields, reading)
        columns = [*USER_FIELDS, *_ACCOUNT_OF_USER]
        yield Page({USERS.name: shaped(rows, lambda row: _row(row, columns))})

    def _found(self, kind: str, fields: Mapping[str, Any], reading: Reading) -> list[Row]:
        def ask(offset: int) -> Slice:
            query = {
                "terms": self._settings.terms,
                **fields,
                "count": self._settings.page_size,
                "offset": offset,
                "sort_by": "display_name",
                "sort_order": "ASC",
                "scope": "all",
            }
            body = self._client.post(f"/api/v1/search/{kind}", data={"query": json.dumps(query)}).json()
            found = body.get("response", {}).get(kind) if isinstance(body, Mapping) else None
            if not isinstance(found, Mapping) or not isinstance(found.get("hits"), list):
                raise RequestRefusedError(
                    f"totango answers the search of {kind} with something else than hits"
                )
            total = found.get("total_hits")
            if isinstance(total, int) and total > _FOUND_MOST:
                raise TooManyAccountsError(
                    f"totango finds {total:,} {kind} and shows {_FOUND_MOST:,}: narrow TIERLINE_TOTANGO_TERMS"
                )
            hits = [each if isinstance(each, Mapping) else {"payload": each} for each in found["hits"]]
            return Slice(hits, total if isinstance(total, int) else None)

        def key(row: Row) -> object:
            return str(row.get("name"))

        return read_whole(ask, key, page_size=self._settings.page_size, name=kind, tell=reading.tell)


def _asked(fields: Mapping[str, Term]) -> list[dict[str, Any]]:
    return [{**term, "field_display_name": column} for column, term in fields.items()]


def _row(hit: Row, columns: Sequence[str]) -> Row:
    """The hit with its selected fields under the names of their columns."""
    values = hit.get("selected_fields")
    if not isinstance(values, list) or len(values) != len(columns):
        raise OddRowError(f"selected_fields is no list of the {len(columns)} fields that were asked for")
    rest = {name: value for name, value in hit.items() if name != "selected_fields"}
    return rest | dict(zip(columns, values, strict=True))


CONNECTOR = ApiConnector(
    SYSTEM, TotangoSettings, (ACCOUNTS, USERS), lambda settings: Totango(settings).streams()
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
