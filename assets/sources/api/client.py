"""The HTTP client of all API connectors: dlt's `RESTClient` that retries what passes and names what does not.

`get`, `post` and `paginate` are dlt's own (`dlt.sources.helpers.rest_client`), and so are paginators and
authentications.
"""

import time
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any

from dlt.sources.helpers.requests.session import Session
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import BasePaginator
from requests import HTTPError, Request, RequestException, Response
from requests.auth import AuthBase
from requests.exceptions import (
    ConnectTimeout,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import NewConnectionError

from assets.sources.api import redirects, waits
from assets.sources.api.errors import ApiError, GaveUpError, RequestRefusedError, UnreachableError
from assets.sources.api.payloads import UnparsableBodyError, parsed
from assets.sources.api.refusals import is_passing, refusal, said
from assets.sources.api.secrecy import Scrubber, shown_host, shown_url
from assets.sources.api.settings import ApiSettings
from assets.sources.settings import secret_variables, secrets, variable

# Reads a vendor's odd answer: seconds to wait before another try, an error to raise, or None for the usual.
Reading = Callable[[Response], float | ApiError | None]


class ApiClient(RESTClient):
    """One per system and load. Every answer it returns is a 2xx with a parsed body (`response.json()`).

    Tried again, at most `max_attempts` times: 429 and 503 with `Retry-After` (seconds or HTTP date), other
    5xx, timeouts, dropped connections, cut-off bodies, 200s that are no JSON. Raised: the errors of
    `assets.sources.api.errors`.
    Absolute addresses a vendor gives (`next`), and those it redirects to, must have the scheme, host and port
    of `base_url`, so that credentials go nowhere else. No secret of the settings, nor what was sent as
    `Authorization`, is left in the body of a refusal.

    `renew`: called once when a request is answered 401, to get a new token; the request is then made again.
    `read_answer`: for vendors that say "too many requests" in ways of their own. With `stream=True` a body
    is neither read nor parsed.
    """

    def __init__(
        self,
        system: str,
        settings: ApiSettings,
        *,
        auth: AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
        base_url: str | None = None,
        paginator: BasePaginator | None = None,
        renew: Callable[[], None] | None = None,
        read_answer: Reading = lambda response: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(
            base_url=(base_url or settings.base_url).rstrip("/"),
            headers=dict(headers or {}),
            auth=auth,
            paginator=paginator,
            session=Session(timeout=settings.timeout_seconds, raise_for_status=False),
        )
        self._system, self._settings = system, settings
        self._renew, self._read_answer, self._sleep = renew, read_answer, sleep
        self._scrub = Scrubber(secrets(settings))
        self._credentials = " and ".join(secret_variables(system, type(settings))) or "the settings"
        self._base_setting = variable(system, "base_url")

    def __repr__(self) -> str:
        return f"ApiClient({self._system!r}, {shown_url(self.base_url)!r})"

    def _send_request(self, request: Request, **kwargs: Any) -> Response:
        place, trouble, may_renew = (
            f"{request.method} {shown_url(str(request.url))}",
            "",
            self._renew is not None,
        )
        raised: type[GaveUpError] = GaveUpError
        for attempt in range(1, self._settings.max_attempts + 1):
            wait, raised = waits.backoff(attempt, self._settings.backoff_seconds), GaveUpError
            try:
                response = self._sent(request, **kwargs)
                if response.ok:
                    return response if kwargs.get("stream") else _with_parsed_body(response)
            except UnparsableBodyError:
                trouble = "its answer was cut off or is no JSON"
            except (MissingSchema, InvalidSchema, InvalidURL) as error:
                odd = f"{place} is no address to ask ({type(error).__name__}); check the base URL"
                raise RequestRefusedError(self._scrub(f"{self._system}: {odd}")) from None
            except ValueError as error:
                # Its text may hold a header's value.
                odd = f"{place} cannot be asked ({type(error).__name__}): a setting holds characters that "
                odd += "cannot be sent"
                raise RequestRefusedError(self._scrub(f"{self._system}: {odd}")) from None
            except RequestException as error:
                trouble = _described(error)
                raised = UnreachableError if _is_unreachable(error) else GaveUpError
            else:
                if response.status_code == HTTPStatus.UNAUTHORIZED and may_renew and self._renew is not None:
                    self._renew()
                    may_renew = False
                    continue
                wait = self._wait_after(response, place, wait)
                trouble = (
                    f"it answered {response.status_code}{f' ({words})' if (words := said(response)) else ''}"
                )
            if attempt < self._settings.max_attempts:
                self._sleep(wait)
        attempts = self._settings.max_attempts
        raise raised(
            self._scrub(
                f"{self._system} could not be read: {place}: {trouble}, {attempts} times in a row; "
                "what came before is kept, run again later"
            )
        ) from None

    @cached_property
    def _surroundings(self) -> Mapping[str, Any]:
        """Proxies and certificates that the environment asks for; all requests go to the one host."""
        found = self.session.merge_environment_settings(self.base_url, {}, None, None, None)
        return {**found, "proxies": dict(found["proxies"] or {})}

    @cached_property
    def _origin(self) -> redirects.Origin:
        return redirects.origin(str(Request("GET", self.base_url).prepare().url))

    def _sent(self, request: Request, **kwargs: Any) -> Response:
        """The answer of where the request is sent on to, at last. `requests` would carry headers and bodies
        with keys in them to any host."""
        for _ in range(redirects.MOST + 1):
            response = self._sent_once(request, **kwargs)
            following = self._onward(request, response)
            if following is None:
                return response
            response.close()
            request = following
        place = f"{request.method} {self._scrub(shown_url(str(request.url)))}"
        raise RequestRefusedError(f"{self._system} redirects {place} on and on; correct {self._base_setting}")

    def _onward(self, request: Request, response: Response) -> Request | None:
        try:
            return redirects.onward(request, response, system=self._system, setting=self._base_setting)
        except RequestRefusedError as error:
            response.close()
            raise RequestRefusedError(self._scrub(str(error))) from None

    def _sent_once(self, request: Request, **kwargs: Any) -> Response:
        prepared = self.session.prepare_request(request)
        self._keep_to_host(str(prepared.url))
        # `Basic …`, `Bearer …`: of what a login gave the settings know nothing.
        self._scrub.learn(str(prepared.headers.get("Authorization", "")).rpartition(" ")[2])
        try:
            response = self.session.send(
                prepared, **{**self._surroundings, **kwargs, "allow_redirects": False}
            )
        except HTTPError as error:
            # dlt's hook raises for a bad status before it can be looked at here.
            if error.response is None:
                raise
            response = error.response
        if not response.ok:
            response._content = self._scrub.body(response.content)
        return response

    def _wait_after(self, response: Response, place: str, wait: float) -> float:
        """Seconds before another try; raises what another try cannot mend."""
        reading = self._read_answer(response)
        if isinstance(reading, ApiError):
            raise type(reading)(self._scrub(str(reading))) from None
        asked = reading if reading is not None else waits.asked_for(response)
        if reading is None and not is_passing(response):
            error = refusal(
                response, system=self._system, place=self._scrub(place), credentials=self._credentials
            )
            raise type(error)(self._scrub(str(error))) from None
        if asked is None:
            return wait
        if asked > self._settings.patience_seconds:
            raise GaveUpError(
                f"{self._system} asks to wait {asked:.0f} seconds, longer than patience_seconds allows; "
                "what came before is kept, run again then"
            )
        return waits.with_jitter(asked, self._settings.backoff_seconds)

    def _keep_to_host(self, url: str) -> None:
        if redirects.origin(url) != self._origin:
            scheme, host = self._origin[0], shown_host(self.base_url)
            raise RequestRefusedError(
                f"{self._system} gave the address {self._scrub(shown_url(url))}, which is not on "
                f"{host} ({scheme}); credentials are not sent there: correct {self._base_setting} if it moved"
            )


def _with_parsed_body(response: Response) -> Response:
    """Parse once: dlt's paginators and selectors each ask for the body again."""
    body = parsed(response.content)
    response.json = lambda **kwargs: body  # type: ignore[method-assign]
    return response


def _described(error: RequestException) -> str:
    """What happened, without the address, which may hold a key."""
    name = type(error).__name__
    return {
        "ConnectTimeout": "it could not be reached in time",
        "ReadTimeout": "it did not answer in time",
        "ConnectionError": "the connection failed",
        "SSLError": "its certificate is not trusted",
        "ChunkedEncodingError": "its answer was cut off",
        "ContentDecodingError": "its answer was cut off",
    }.get(name, f"the request failed ({name})")


def _is_unreachable(error: RequestException) -> bool:
    """Whether there was nobody to ask; a connection that broke later says nothing of the next one."""
    if isinstance(error, ConnectTimeout | SSLError | ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
