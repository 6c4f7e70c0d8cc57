"""One HTTP API that is written to by plain requests: what it answers, as the named errors of delivery.

Nothing is ever tried again here, and no redirect is followed (one would carry the key to a stranger).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from sensors.channels.channel import (
    ChannelMisconfiguredError,
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
)
from sensors.channels.http_answers import error_of
from sensors.channels.http_sending import answer_to
from sensors.channels.secrecy import scrubber
from warehouse.web_addresses import EXPECTED_BASE, is_web_address


class HttpExchange:
    """Requests to paths below `base_url`, each with `headers`. `name` is the system's and `setting` the
    address's, for people.

    `secrets` are struck out of every text that is given back. The transport is used without httpx's client on
    top: that one logs every URL, keeps cookies and reads proxies from the environment.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        setting: str,
        secrets: Sequence[str],
        headers: Mapping[str, str],
        timeout_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self._base = base_address(base_url, setting)
        self._name = name
        self._headers = {"User-Agent": "tierline", **headers}
        self._timeout = httpx.Timeout(timeout_seconds).as_dict()
        self._now = now
        self._transport = httpx.HTTPTransport()
        self.scrub = scrubber(*secrets)
        # Connecting, sending and reading each may take the whole timeout.
        self.seconds_per_request = 3 * timeout_seconds

    def close(self) -> None:
        self._transport.close()

    def write(
        self, method: str, path: str, *, json_body: Any = None, form: Mapping[str, str] | None = None
    ) -> str:
        """The body of an answer that says "taken". Raises `DeliveryError`."""
        status, headers, said = self._answer(method, path, json_body, form)
        if error := error_of(status, headers, self.scrub(said), now=self._now()):
            raise error
        return said

    def read(
        self, method: str, path: str, *, json_body: Any = None, form: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON of an answer to a question that changes nothing: whatever goes wrong, nothing was sent.

        Raises `DestinationUnavailableError`.
        """
        try:
            return self.parsed(self.write(method, path, json_body=json_body, form=form))
        except DestinationRejectedError as error:
            raise DestinationUnavailableError(
                f"{self._name} can't be asked what arrived: {error}", is_channel_wide=True
            ) from None
        except OutcomeUnknownError as error:
            raise DestinationUnavailableError(f"{self._name} can't be asked what arrived: {error}") from None

    def parsed(self, said: str) -> Any:
        """An answer's JSON. Raises `OutcomeUnknownError`: who answers otherwise may have done anything."""
        try:
            return json.loads(said)
        except ValueError:
            raise OutcomeUnknownError(f"{self._name} answered with something that is not JSON") from None

    def _answer(
        self, method: str, path: str, json_body: Any, form: Mapping[str, str] | None
    ) -> tuple[int, httpx.Headers, str]:
        request = self._request(method, path, json_body, form)
        response, said = answer_to(request, self._transport, name=self._name, scrub=self.scrub)
        return response.status_code, response.headers, said

    def _request(
        self, method: str, path: str, json_body: Any, form: Mapping[str, str] | None
    ) -> httpx.Request:
        if form is not None:
            kind, content = "application/x-www-form-urlencoded", urlencode(form).encode()
        else:
            kind = "application/json"
            content = json.dumps(
                json_body, ensure_ascii=False, allow_nan=False, separators=(",", ":")
            ).encode()
        return httpx.Request(
            method,
            self._base + path,
            headers={**self._headers, "Content-Type": kind},
            content=content,
            extensions={"timeout": self._timeout},
        )


def is_channel_wide(error: DeliveryError) -> bool:
    """Whether the same would happen to anything else that is sent there now."""
    return isinstance(error, DestinationUnavailableError) and error.is_channel_wide


def base_address(url: str, setting: str) -> str:
    """The URL, if requests can go below it. Raises `ChannelMisconfiguredError`, which names the setting."""
    if not is_web_address(url):
        raise ChannelMisconfiguredError(f"{setting} must be an address like {EXPECTED_BASE}")
    return url.rstrip("/")
