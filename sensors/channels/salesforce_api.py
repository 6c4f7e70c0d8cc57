"""Salesforce's API through simple-salesforce, with its answers read as ours.

Login by client credentials (a connected app with a user to run as), once, and again when the session has run
out: such an answer (401) says that nothing was done. simple-salesforce repeats nothing by itself when it is
given a session. Too many requests are 403 REQUEST_LIMIT_EXCEEDED there.

Facts: OAuth 2.0 Client Credentials Flow; REST API Developer Guide, "Status Codes and Error Responses".
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import SSLError as TlsError

from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
)
from sensors.channels.http_answers import error_of, retry_after
from sensors.channels.secrecy import scrubber

API_VERSION = "66.0"
_NOT_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, TlsError)
# Refused before anything was done, and by no fault of the record.
_LATER = {"REQUEST_LIMIT_EXCEEDED", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"}
_LIMITS = {"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE"}


class _Connection(requests.Session):
    """No redirects (one would carry the token to a stranger), no proxies or logins from the environment, no
    repeats; remembers the last answer's headers, which the SDK's errors leave out."""

    def __init__(self, timeout_seconds: float) -> None:
        super().__init__()
        self.trust_env = False
        self.told: Mapping[str, str] = {}
        self._timeout = timeout_seconds
        for scheme in ("http://", "https://"):
            self.mount(scheme, HTTPAdapter(max_retries=0))

    def request(self, *given: Any, **named: Any) -> requests.Response:
        self.told = {}
        answer = super().request(*given, **{"timeout": self._timeout, "allow_redirects": False} | named)
        self.told = dict(answer.headers)
        return answer


class SalesforceApi:
    """Calls that return plain values and raise `DeliveryError`s. Connects with the first call."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str,
        client_secret: str,
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._login = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._now = now
        self._secrets = [client_secret]
        self._connection = _Connection(timeout_seconds)
        self._session: Salesforce | None = None

    def call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """The answer's JSON, or None. `path` is below `/services/data/v…/`. Raises `DeliveryError`."""
        for is_last in (False, True):
            try:
                return self._opened().restful(path, params=dict(params or {}), method=method, json=body)
            except SalesforceExpiredSession as error:
                self._session = None
                if is_last:
                    raise self._refused(error.status, error.content) from None
            except SalesforceError as error:
                raise self._refused(error.status, error.content) from None
            except requests.exceptions.JSONDecodeError as error:
                raise OutcomeUnknownError(
                    f"Salesforce's answer can't be read: {self._scrub(error)}"
                ) from None
            except requests.RequestException as error:
                raise self._broken(error) from None
        raise AssertionError("unreachable: the second round returns or raises")

    def rows(self, soql: str) -> list[dict[str, Any]]:
        """A query's first page, at most 2,000 records. Raises `DeliveryError`."""
        told = self.call("GET", "query", params={"q": soql})
        return list((told or {}).get("records", []))

    def fields(self, kind: str) -> dict[str, dict[str, Any]]:
        """An object's fields that the user may see, by name. Raises `DeliveryError`."""
        told = self.call("GET", f"sobjects/{kind}/describe")
        return {str(field["name"]): dict(field) for field in (told or {}).get("fields", [])}

    def close(self) -> None:
        self._connection.close()

    def _opened(self) -> Salesforce:
        if self._session is None:
            token, instance = self._logged_in()
            self._secrets.append(token)
            session = Salesforce(
                session_id=token, instance_url=instance, version=API_VERSION, session=self._connection
            )
            # The SDK keeps the host alone; a gateway may stand behind a path, or speak plain HTTP at home.
            session.base_url = f"{instance.rstrip('/')}/services/data/v{API_VERSION}/"
            self._session = session
        return self._session

    def _logged_in(self) -> tuple[str, str]:
        """A token, and the address to use it at. Nothing of a message is sent yet, so no doubt comes up."""
        try:
            answer = self._connection.request(
                "POST", f"{self._base_url}/services/oauth2/token", data=self._login
            )
            content = answer.json() if answer.content else {}
        except requests.RequestException as error:
            raise DestinationUnavailableError(
                f"Salesforce's login can't be reached: {self._scrub(error)}", is_channel_wide=True
            ) from None
        told = content if isinstance(content, dict) else {"error": codes_of(content)[1]}
        if answer.status_code == HTTPStatus.OK and told.get("access_token") and told.get("instance_url"):
            return str(told["access_token"]), str(told["instance_url"])
        said = told.get("error_description") or told.get("error") or ""
        raise DestinationUnavailableError(
            f"Salesforce refuses the login ({answer.status_code} {self._scrub(said)}); check "
            "TIERLINE_TO_SALESFORCE_BASE_URL (the org's My Domain), _CLIENT_ID and _CLIENT_SECRET",
            retry_after=retry_after(answer.headers, now=self._now()),
            is_channel_wide=True,
        )

    def _broken(self, error: requests.RequestException) -> DeliveryError:
        cause: Any = error.args[0] if error.args else error
        reason = getattr(cause, "reason", None) or cause
        if isinstance(reason, _NOT_SENT) or isinstance(error, requests.ConnectTimeout):
            return DestinationUnavailableError(
                f"Salesforce can't be reached: {self._scrub(reason)}", is_channel_wide=True
            )
        return OutcomeUnknownError(
            f"Salesforce did not answer ({type(error).__name__}): {self._scrub(reason)}"
        )

    def _refused(self, status: int, content: Any) -> DeliveryError:
        codes, said = codes_of(content)
        text = f"Salesforce answered {status} {self._scrub(said)[:300]}"
        headers = self._connection.told
        if codes & _LATER:
            wait = retry_after(headers, now=self._now())
            return DestinationUnavailableError(text, retry_after=wait, is_channel_wide=bool(codes & _LIMITS))
        # 300: several have this external id, which was not declared unique
        if "DUPLICATE_VALUE" in codes or status == HTTPStatus.MULTIPLE_CHOICES:
            return TwinError(text)
        if status == HTTPStatus.NOT_FOUND and "NOT_FOUND" in codes:
            return DestinationRejectedError(text)
        return error_of(status, headers, self._scrub(said), now=self._now()) or OutcomeUnknownError(text)

    def _scrub(self, value: object) -> str:
        return scrubber(*self._secrets)(value)


class TwinError(DestinationRejectedError):
    """There is one with this unique value already."""


def codes_of(content: Any) -> tuple[set[str], str]:
    """The codes of an answer's errors, and all they say."""
    errors = [each for each in content if isinstance(each, dict)] if isinstance(content, list) else []
    codes = {str(each.get("errorCode") or each.get("statusCode")) for each in errors}
    said = "; ".join(
        f"{each.get('errorCode') or each.get('statusCode')}: {each.get('message')}" for each in errors
    )
    return codes, said or str(content)


def quoted(text: str) -> str:
    """A string of SOQL: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/ (quoted
    string escape sequences)."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"
