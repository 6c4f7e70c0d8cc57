"""Calls to Intercom's API (2.14), and what its answers mean.

The official SDK is not used: its calls drop nulls (which clear an attribute), and its request for a
new attribute has no name.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx

from sensors.channels.channel import DestinationUnavailableError, OutcomeUnknownError
from sensors.channels.http_answers import error_of
from sensors.channels.http_sending import answer_to
from sensors.channels.secrecy import scrubber

VERSION = "2.14"
_WRONG_SETTINGS = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# How long the channel is left alone when Intercom refuses its token: a person has to act first.
_SETTINGS_REST = timedelta(minutes=5)


class NothingThereError(DestinationUnavailableError):
    """Intercom itself (no proxy on the way) says that it has no such thing; a new one may appear shortly."""


class IntercomApi:
    """One workspace's API. Nothing is tried again in here, no redirect is followed, no URL is logged."""

    def __init__(
        self, access_token: str, *, base_url: str, timeout_seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._token = access_token
        self._base_url = base_url.rstrip("/")
        self._timeout = httpx.Timeout(timeout_seconds).as_dict()
        self._now = now
        self._scrub = scrubber(access_token)
        self._transport = httpx.HTTPTransport()

    def close(self) -> None:
        self._transport.close()

    def write(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The answer's JSON object. Raises `DeliveryError`."""
        response, said = self._answer(method, path, body)
        if response.status_code in _WRONG_SETTINGS:
            raise DestinationUnavailableError(
                f"Intercom answered {response.status_code}: {self._scrub(said)[:200]}; check "
                "TIERLINE_TO_INTERCOM_ACCESS_TOKEN and what its app may do",
                retry_after=_SETTINGS_REST,
                is_channel_wide=True,
            )
        if response.status_code == HTTPStatus.NOT_FOUND and '"error.list"' in said:
            raise NothingThereError(f"Intercom answered 404: {self._scrub(said)[:200]}")
        if error := error_of(response.status_code, response.headers, self._scrub(said), now=self._now()):
            raise error
        try:
            answer = json.loads(said)
        except ValueError:
            raise OutcomeUnknownError("Intercom's answer can't be read") from None
        if not isinstance(answer, dict):
            raise OutcomeUnknownError("Intercom's answer is no object")
        return answer

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A call that changes nothing, or may be repeated: no answer is no doubt. Raises `DeliveryError`."""
        try:
            return self.write(method, path, body)
        except OutcomeUnknownError as error:
            raise DestinationUnavailableError(str(error)) from None

    def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[httpx.Response, str]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Intercom-Version": VERSION,
            "Accept": "application/json",
            "User-Agent": "tierline",
        }
        request = httpx.Request(
            method,
            f"{self._base_url}{path}",
            headers=headers,
            json=body,
            extensions={"timeout": self._timeout},
        )
        return answer_to(request, self._transport, name="Intercom", scrub=self._scrub)
