"""A vendor's refusal in words: what its error body says, and what a person must do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from requests import Response

from assets.sources.api.errors import (
    ApiError,
    CredentialsRefusedError,
    NotFoundError,
    PermissionMissingError,
    RequestRefusedError,
)
from assets.sources.api.payloads import UnparsableBodyError, parsed

_LONGEST_WORDS = 300
_FIELDS = (
    "error",
    "errors",
    "title",
    "message",
    "error_message",
    "description",
    "error_description",
    "detail",
)
RETRIED = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def is_passing(response: Response) -> bool:
    """Whether the same request may do later."""
    return response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status_code in RETRIED


def refusal(response: Response, *, system: str, place: str, credentials: str) -> ApiError:
    """`place`: where the request went; `credentials`: what to correct when they are wrong."""
    status, words = response.status_code, said(response)
    answer = f"{system} answered {status}{f' ({words})' if words else ''} at {place}"
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRefusedError(f"{answer}: it does not accept the credentials; correct {credentials}")
    if status == HTTPStatus.FORBIDDEN:
        return PermissionMissingError(
            f"{answer}: the credentials may not read this; give them the scope or role that "
            f"docs/sources/{system}.md lists"
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return NotFoundError(f"{answer}: nothing is there; check the base URL and the ids in the settings")
    return RequestRefusedError(f"{answer}: it refuses the request as it is")


def said(response: Response) -> str:
    """The vendor's own words, on one line, cut when long."""
    try:
        return cut(words_of(parsed(response.content)))
    except UnparsableBodyError:
        return "" if "html" in response.headers.get("Content-Type", "") else cut(on_one_line(response.text))


def words_of(body: Any) -> str:
    """What a vendor says in a parsed body, on one line; empty where that is nothing. Secrets are still in
    it, unless they were taken out of the body."""
    return on_one_line(": ".join(dict.fromkeys(_words(body))))


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def cut(text: str) -> str:
    """Without secrets: half of one would not be found any more."""
    return text if len(text) <= _LONGEST_WORDS else text[:_LONGEST_WORDS] + "…"


def _words(body: Any) -> list[str]:
    if isinstance(body, str):
        return [body] if body.strip() else []
    if isinstance(body, list):
        return [word for each in body[:3] for word in _words(each)]
    if isinstance(body, Mapping):
        return [word for name in _FIELDS if name in body for word in _words(body[name])]
    return []
