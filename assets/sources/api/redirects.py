"""Where an answer sends a request on to; no credentials follow to another host, or over another protocol."""

from copy import copy
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from requests import Request, Response

from assets.sources.api.errors import RequestRefusedError
from assets.sources.api.secrecy import shown_url

MOST = 5
# What changes nothing of the request: its method and body go to the new address, too.
_SAME_REQUEST = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
_ASKING = frozenset({"GET", "HEAD"})
_PORTS = {"http": 80, "https": 443}
Origin = tuple[str, str, int | None]


def origin(url: str) -> Origin:
    """Scheme, host and port of an address as `requests` prepared it: before, readers of addresses differ in
    what the host of an odd one is."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def onward(request: Request, response: Response, *, system: str, setting: str) -> Request | None:
    """The request that the answer asks for instead; None: it is an answer. Its host is yet to be looked at.

    A POST stays one: as a GET it would ask something else. Raises `RequestRefusedError` where that cannot be,
    and where the answer does not say where to.
    """
    if not HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST:
        return None
    said = f"{system} answered {request.method} {shown_url(str(request.url))} with {response.status_code}"
    if not response.is_redirect:
        raise RequestRefusedError(f"{said}, which is neither rows nor an address: correct {setting}")
    target = urljoin(str(response.url), response.headers["Location"].strip())
    if response.status_code not in _SAME_REQUEST and str(request.method).upper() not in _ASKING:
        raise RequestRefusedError(
            f"{said}, a redirect that would make it a GET; it is not sent on: correct {setting}"
        )
    following = copy(request)
    # The address has all parameters that it needs.
    following.url, following.params = target, {}
    return following
