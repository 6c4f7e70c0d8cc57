"""HubSpot's API through its SDK, with its answers read as ours: taken, never, later, or nobody knows.

The SDK's own repeats are switched off: it would post again after a broken connection, when the first task may
stand there already. Answers: https://developers.hubspot.com/docs/api-reference/error-handling
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import hubspot
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    SSLError,
)
from urllib3.util.retry import Retry

from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
)
from sensors.channels.http_answers import error_of
from sensors.channels.secrecy import scrubber

# Raised before the request has left.
_NOT_SENT = (NewConnectionError, NameResolutionError, ConnectTimeoutError, SSLError)


class HubspotApi:
    """Calls that return plain values and raise `DeliveryError`s. Connects with the first call."""

    def __init__(
        self, base_url: str, *, access_token: str, timeout_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._scrub = scrubber(access_token)
        self._now = now
        self._timeout = timeout_seconds
        self._client = hubspot.Client.create(
            access_token=access_token,
            host=base_url.rstrip("/"),
            retry=Retry(total=0, redirect=0, raise_on_redirect=False),
        )
        # The SDK tells its debug log whole answers.
        logging.getLogger("hubspot").setLevel(logging.INFO)

    @property
    def objects(self) -> Any:
        return self._client.crm.objects

    @property
    def properties(self) -> Any:
        return self._client.crm.properties

    @property
    def owners(self) -> Any:
        return self._client.crm.owners

    def call(self, operation: Callable[..., Any], *given: Any, **named: Any) -> dict[str, Any]:
        """The answer's JSON. Raises `DeliveryError`."""
        try:
            # Unread and unchecked: the SDK's models refuse answers with a member they do not know.
            answer = operation(*given, **named, _preload_content=False, _request_timeout=self._timeout)
            told = json.loads(answer.data or b"{}")
        except HTTPError as error:
            raise self._broken(error) from None
        except ValueError as error:
            raise OutcomeUnknownError(f"HubSpot's answer can't be read: {self._scrub(error)}") from None
        except Exception as error:
            raise self._refused(error) from None
        return told if isinstance(told, dict) else {}

    def _broken(self, error: HTTPError) -> DeliveryError:
        reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
        if isinstance(reason, _NOT_SENT):
            return DestinationUnavailableError(
                f"HubSpot can't be reached: {self._scrub(reason)}", is_channel_wide=True
            )
        return OutcomeUnknownError(f"HubSpot did not answer ({type(reason).__name__}): {self._scrub(reason)}")

    def _refused(self, error: Exception) -> DeliveryError:
        """Each part of the SDK has an `ApiException` of its own, without a common parent but `Exception`."""
        status = getattr(error, "status", None)
        if not isinstance(status, int) or not status:
            if isinstance(error, AttributeError):
                # The SDK trips over the empty body of its own error for a failed handshake.
                return DestinationUnavailableError(
                    "no TLS connection with HubSpot came about", is_channel_wide=True
                )
            raise error
        headers: Mapping[str, str] = getattr(error, "headers", None) or {}
        said = _said(getattr(error, "body", None))
        refusal = error_of(status, headers, self._scrub(said.get("message", "")), now=self._now())
        if status == HTTPStatus.CONFLICT or "already has that value" in str(said.get("message")):
            return TwinError(str(refusal))
        if status == HTTPStatus.NOT_FOUND and said.get("category") == "OBJECT_NOT_FOUND":
            return AbsentError(str(refusal))
        return refusal or OutcomeUnknownError(f"HubSpot answered {status}")


class TwinError(DestinationRejectedError):
    """There is one with this unique value (or name) already."""


class AbsentError(DestinationRejectedError):
    """There is no such object."""


def _said(body: object) -> dict[str, Any]:
    try:
        said = json.loads(body) if isinstance(body, str | bytes) else {}
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}
