"""Gainsight CS: companies, calls to action. Runs alone: `python -m assets.sources.gainsight --help`.

POST /v1/data/objects/query/Company  →  raw_gainsight.companies (all of them each time, versions kept)
POST /v2/cockpit/cta/list            →  raw_gainsight.ctas      (by day of change)

https://support.gainsight.com/gainsight_nxt/API_and_Developer_Docs/Company_and_Relationship_API/Company_API_Documentation
https://support.gainsight.com/gainsight_nxt/API_and_Developer_Docs/Cockpit_API/Call_To_Action_(CTA)_API_Documentation
"""

import itertools
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from pydantic import Field, SecretStr
from requests import Response

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import ApiConnector
from assets.sources.api.errors import RequestRefusedError
from assets.sources.api.payloads import UnparsableBodyError, parsed
from assets.sources.api.refusals import words_of
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Page, Reading, Stream
from assets.sources.api.tables import Table, at, flag, identifier, number, on, text, whole_number
from assets.sources.whole_listings import Row, Slice, read_whole

SYSTEM = "gainsight"
# The vendor's own bounds: rows of a read, calls to action of a list.
_COMPANIES_MOST, _CTAS_MOST = 5_000, 1_000
_BEGINNING = date(2000, 1, 1)
_MILLISECONDS = 1_000

COMPANIES = Table(
    "companies",
    key=("gsid",),
    columns=(
        identifier("gsid", required=True),
        text("name"),
        text("industry"),
        number("arr"),
        number("mrr"),
        identifier("lifecycle_stage"),
        identifier("stage"),
        identifier("status"),
        identifier("csm"),
        text("csm_name"),
        identifier("csm_email"),
        whole_number("employees", minimum=0),
        on("original_contract_date", per_second=_MILLISECONDS),
        on("renewal_date", per_second=_MILLISECONDS),
        identifier("curr_score_id"),
        number("overall_score"),
        identifier("external_id"),
        identifier("sfdc_account_id"),
        identifier("parent_company_id"),
        at("created_date", per_second=_MILLISECONDS),
        at("modified_date", per_second=_MILLISECONDS),
    ),
    has_history=True,
    is_whole=True,
)
CTAS = Table(
    "ctas",
    key=("gsid",),
    columns=(
        identifier("gsid", required=True),
        text("name"),
        identifier("company_id"),
        identifier("type_name"),
        identifier("reason_name"),
        identifier("status_name"),
        identifier("priority_name"),
        identifier("owner_id"),
        text("owner_name"),
        identifier("owner_email"),
        on("due_date", per_second=_MILLISECONDS),
        flag("is_closed"),
        at("closed_date", per_second=_MILLISECONDS),
        at("created_date", per_second=_MILLISECONDS),
        at("modified_date", per_second=_MILLISECONDS),
    ),
    changed_at="modified_date",
    overlap=timedelta(days=2),
)
# Raw column → field of the Company object.
COMPANY_FIELDS = {
    "gsid": "Gsid",
    "name": "Name",
    "industry": "Industry",
    "arr": "ARR",
    "mrr": "MRR",
    "lifecycle_stage": "LifecycleStage",
    "stage": "Stage",
    "status": "Status",
    "csm_name": "CSMName",
    "employees": "Employees",
    "original_contract_date": "OriginalContractDate",
    "renewal_date": "RenewalDate",
    "curr_score_id": "CurrScoreId",
    "overall_score": "OverallScore",
    "sfdc_account_id": "SfdcAccountId",
    "parent_company_id": "ParentCompanyId",
    "created_date": "CreatedDate",
    "modified_date": "ModifiedDate",
}
# Raw column → field of a call to action. What is not selected comes by itself.
CTA_FIELDS = {
    "gsid": "Gsid",
    "name": "Name",
    "company_id": "CompanyId",
    "type_name": "TypeId__gr.Name",
    "reason_name": "ReasonId__gr.Name",
    "status_name": "StatusId__gr.Name",
    "priority_name": "PriorityId__gr.Name",
    "owner_id": "OwnerId",
    "owner_name": "OwnerId__gr.Name",
    "owner_email": "OwnerId__gr.Email",
    "due_date": "DueDate",
    "is_closed": "IsClosed",
    "closed_date": "ClosedDate",
    "created_date": "CreatedDate",
    "modified_date": "ModifiedDate",
}
_CTA_SELECTED = ("name", "Comments", "CompanyId", "CompanyId__gr.Name", "CreatedDate", "ModifiedDate")


class GainsightSettings(ApiSettings):
    """`base_url`: the tenant's own domain. `company_fields`: raw column → field of your Company object, where
    it differs (`{"overall_score": "Score__gc"}`); an empty field leaves the column out, a name that is no
    column is kept in `extra`.
    """

    access_key: SecretStr
    company_fields: dict[str, str] = Field(default_factory=dict)
    page_size: int = Field(default=_COMPANIES_MOST, ge=1, le=_COMPANIES_MOST)


class Gainsight:
    """Reads a tenant."""

    def __init__(self, settings: GainsightSettings) -> None:
        self._settings = settings
        key = settings.access_key.get_secret_value()
        auth = APIKeyAuth(name="accesskey", api_key=key, location="header")
        self._client = ApiClient(SYSTEM, settings, auth=auth, read_answer=_refusal)
        self._company_fields = {
            column: name for column, name in {**COMPANY_FIELDS, **settings.company_fields}.items() if name
        }

    def streams(self) -> list[Stream]:
        return [
            Stream("companies", (COMPANIES.name,), self._companies),
            Stream("ctas", (CTAS.name,), self._ctas),
        ]

    def _companies(self, reading: Reading) -> Iterator[Page]:
        def ask(offset: int) -> Slice:
            data = self._asked(
                "/v1/data/objects/query/Company",
                {
                    "select": list(self._company_fields.values()),
                    "orderBy": {self._company_fields["gsid"]: "asc"},
                    "limit": self._settings.page_size,
                    "offset": offset,
                },
            )
            found = data if isinstance(data, Mapping) else {}
            total = found.get("totalCount")
            # Where there are none, there may be no data either; other data than records is no answer.
            records = _listed(found.get("records", data or None))
            rows = [_row(each, self._company_fields) for each in records]
            return Slice(rows, total if isinstance(total, int) else None)

        rows = read_whole(
            ask, _gsid, page_size=self._settings.page_size, name=COMPANIES.name, tell=reading.tell
        )
        yield Page({COMPANIES.name: rows})

    def _ctas(self, reading: Reading) -> Iterator[Page]:
        """The list has no order and days for bounds: changes are read again for a day on both sides."""
        start = (
            date.fromisoformat(reading.cursor) if reading.cursor else self._settings.start_on or _BEGINNING
        )
        days = [(start - timedelta(days=1)).isoformat(), (reading.now.date() + timedelta(days=1)).isoformat()]
        changed = {"fieldName": "ModifiedDate", "value": days, "alias": "A", "operator": "BTW"}
        size = min(self._settings.page_size, _CTAS_MOST)
        for page_number in itertools.count(1):
            data = self._asked(
                "/v2/cockpit/cta/list",
                {
                    "select": list(_CTA_SELECTED),
                    "where": {"conditions": [changed], "expression": "A"},
                    "pageSize": size,
                    "pageNumber": page_number,
                },
            )
            rows = [_row(each, CTA_FIELDS) for each in _listed(data)]
            is_last = len(rows) < size
            yield Page({CTAS.name: rows}, reading.now.date().isoformat() if is_last else None)
            if is_last:
                return

    def _asked(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._client.post(path, json=dict(body)).json()
        if not isinstance(answer, Mapping) or answer.get("result") is not True:
            raise _refused(answer)
        return answer.get("data")


def _listed(rows: object) -> list[Any]:
    if rows is None or isinstance(rows, list):
        return rows or []
    raise RequestRefusedError("gainsight answers a query with something else than a list of records")


def _refusal(response: Response) -> RequestRefusedError | None:
    """Of a request that is wrong in itself, in Gainsight's own words."""
    if response.status_code != HTTPStatus.BAD_REQUEST:
        return None
    try:
        return _refused(parsed(response.content))
    except UnparsableBodyError:
        return None


def _refused(answer: object) -> RequestRefusedError:
    told = answer.get("errorDesc") if isinstance(answer, Mapping) else "no JSON object"
    words = told or words_of(answer) or "it answers with no result"
    return RequestRefusedError(
        f"gainsight refuses the request: {words}; correct TIERLINE_GAINSIGHT_COMPANY_FIELDS if it names a "
        "field your tenant does not have"
    )


def _gsid(row: Row) -> object:
    return row.get("gsid")


def _row(payload: object, fields: Mapping[str, str]) -> Row:
    """The payload's fields under the names of columns, whatever their case; the others as they are."""
    if not isinstance(payload, Mapping):
        return {"payload": payload}
    given = {str(name).lower(): value for name, value in payload.items()}
    row = {column: _value(given, name.lower()) for column, name in fields.items()}
    taken = {name.lower().partition(".")[0] for name in fields.values()} | {
        name.lower() for name in fields.values()
    }
    return row | {name: value for name, value in payload.items() if str(name).lower() not in taken}


def _value(given: Mapping[str, Any], name: str) -> Any:
    """Fields of related records come as `CompanyId__gr.Name`, or one in the other."""
    if name in given or "." not in name:
        return given.get(name)
    outer, inner = name.split(".", 1)
    related = given.get(outer)
    folded = (
        {str(key).lower(): value for key, value in related.items()} if isinstance(related, Mapping) else {}
    )
    return folded.get(inner)


CONNECTOR = ApiConnector(
    SYSTEM, GainsightSettings, (COMPANIES, CTAS), lambda settings: Gainsight(settings).streams()
)

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
