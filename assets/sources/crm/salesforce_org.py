"""A session with a Salesforce org: login, describe, queries.

Facts: OAuth 2.0 flows, sObject Describe, Query and Query More Results in the REST API Developer Guide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from requests import PreparedRequest, Response
from requests.auth import AuthBase

from assets.sources.api.client import ApiClient
from assets.sources.api.errors import (
    ApiError,
    CredentialsRefusedError,
    GaveUpError,
    NotFoundError,
    PermissionMissingError,
    RequestRefusedError,
)
from assets.sources.api.field_mapping import chosen
from assets.sources.api.payloads import UnparsableBodyError, parsed
from assets.sources.api.refusals import said
from assets.sources.api.settings import ApiSettings
from assets.sources.crm.salesforce_objects import FIELDS, OVERLAP
from assets.sources.latest_changes import listed

SYSTEM = "salesforce"
_LEAST_BATCH, _MOST_BATCH = 200, 2000
_CONCURRENT_WAIT_SECONDS = 20.0


class Settings(ApiSettings):
    """`base_url`: My Domain; with an `access_token` the org's own address. A connected app's `client_id` and
    `client_secret` (client credentials), with `username` and `password` (token appended) the password flow.
    `fields`: by table and column the field that fills it. `left_out`: custom fields never read.
    """

    in_forms: ClassVar[frozenset[str]] = frozenset({"client_secret", "password"})

    base_url: str = "https://login.salesforce.com"
    page_size: int = Field(default=_MOST_BATCH, ge=1)
    client_id: str = ""
    client_secret: SecretStr | None = None
    username: str = ""
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    api_version: str = Field(default="66.0", pattern=r"^\d+\.\d$")
    fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    left_out: tuple[str, ...] = (
        "Health_Score__c",
        "Health_Tier__c",
        "Churn_Risk__c",
        "Tierline_Health_Score__c",
        "Tierline_Health_Tier__c",
        "Tierline_Churn_Risk__c",
        "Tierline_Churn_Risk_Band__c",
        "Tierline_Health_As_Of__c",
    )
    overlap_seconds: int = Field(default=int(OVERLAP.total_seconds()), ge=0)

    @field_validator("fields")
    @classmethod
    def _known(cls, given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        chosen(FIELDS, given)
        return given

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.access_token is None and not (self.client_id and self.client_secret):
            raise ValueError("give client_id and client_secret, or an access_token")
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together")
        return self


class LocatorLostError(RequestRefusedError):
    """The result of a query is kept for a while only; it is asked again from the last row on."""


class _Bearer(AuthBase):
    """The session's token, as it is at the moment of the request."""

    token = ""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass
class Org:
    """One session with an org; logs in when first asked for something."""

    settings: Settings
    _bearer: _Bearer = field(default_factory=_Bearer)

    @cached_property
    def client(self) -> ApiClient:
        given, size = self.settings.access_token, self.settings.page_size
        if given is None:
            instance = self._log_in()
        else:
            self._bearer.token, instance = given.get_secret_value(), self.settings.base_url
        return ApiClient(
            SYSTEM,
            self.settings,
            auth=self._bearer,
            headers={"Sforce-Query-Options": f"batchSize={min(max(size, _LEAST_BATCH), _MOST_BATCH)}"},
            base_url=instance,
            renew=self._renew if given is None else None,
            read_answer=_read_answer,
        )

    def _log_in(self) -> str:
        """Take a new token; the address to use it at."""
        settings = self.settings
        secret, password = settings.client_secret, settings.password
        form = {"grant_type": "client_credentials", "client_id": settings.client_id,
                "client_secret": secret.get_secret_value() if secret else ""}  # fmt: skip
        if password is not None:
            form |= {"grant_type": "password", "username": settings.username,
                     "password": password.get_secret_value()}  # fmt: skip
        login = ApiClient(SYSTEM, settings, read_answer=_login_refused)
        answer = login.post("/services/oauth2/token", data=form).json()
        if (
            not isinstance(answer, Mapping)
            or not answer.get("access_token")
            or not answer.get("instance_url")
        ):
            raise GaveUpError(
                "salesforce's login answered without a token: check TIERLINE_SALESFORCE_BASE_URL"
            )
        self._bearer.token = str(answer["access_token"])
        return str(answer["instance_url"])

    def _renew(self) -> None:
        self._log_in()

    def fields(self, name: str) -> list[Any] | None:
        """What `describe` tells of an object's fields; None: it is not there, or this user may not see it."""
        try:
            body = self.client.get(f"{self._data}/sobjects/{name}/describe").json()
        except (NotFoundError, PermissionMissingError):
            return None
        return list(listed(body, "fields", SYSTEM))

    def rows(self, soql: str) -> Iterator[list[Any]]:
        """Page by page."""
        address, parameters, repeated = f"{self._data}/queryAll", {"q": soql}, 0
        while True:
            body = self.client.get(address, params=parameters).json()
            if not isinstance(body, Mapping) or not isinstance(body.get("records"), list):
                raise GaveUpError("salesforce answered a query with no list of records; run again later")
            yield body["records"]
            following = body.get("nextRecordsUrl")
            if not following:
                return
            repeated = repeated + 1 if following == address else 0
            if repeated > self.settings.max_attempts:
                raise GaveUpError(f"salesforce's next page of a query is the same page, {repeated} times")
            address, parameters = str(following), {}

    @property
    def _data(self) -> str:
        return f"/services/data/v{self.settings.api_version}"


def _read_answer(response: Response) -> float | ApiError | None:
    """Salesforce says most with a code in a list of errors."""
    codes = _codes(response)
    if "INVALID_QUERY_LOCATOR" in codes:
        return LocatorLostError("salesforce: the query's result is no longer kept")
    if "INVALID_TYPE" in codes:
        return NotFoundError(f"salesforce has no such object, or does not show it: {said(response)}")
    if response.status_code == HTTPStatus.FORBIDDEN and "REQUEST_LIMIT_EXCEEDED" in codes:
        if response.headers.get("Retry-After", "").isdigit():
            return float(response.headers["Retry-After"])
        if "concurrent" in said(response).casefold():
            return _CONCURRENT_WAIT_SECONDS
        return GaveUpError(
            "the org has used up its API requests of 24 hours (REQUEST_LIMIT_EXCEEDED); what came before is "
            "kept, run again later, or raise the limit in Salesforce's Setup, Company Information"
        )
    return None


def _codes(response: Response) -> set[str]:
    try:
        body = parsed(response.content)
    except UnparsableBodyError:
        return set()
    return (
        {str(e.get("errorCode")) for e in body if isinstance(e, Mapping)} if isinstance(body, list) else set()
    )


def _login_refused(response: Response) -> ApiError | None:
    if response.status_code not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return None
    return CredentialsRefusedError(
        f"salesforce refuses the login ({said(response)}); correct TIERLINE_SALESFORCE_CLIENT_ID and "
        "_CLIENT_SECRET, or _USERNAME and _PASSWORD; the base URL is the org's My Domain"
    )
