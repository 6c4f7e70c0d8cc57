"""Every request that reached the server, without the values of secrets."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qsl, urlencode

import orjson

from simulator.vendors.message import Request

HIDDEN = "hidden"
SECRET_HEADERS = re.compile(r"authorization|cookie|secret|token|api-?key|accesskey|signature", re.IGNORECASE)
SECRET_FIELDS = frozenset(
    {
        "password",
        "client_secret",
        "refresh_token",
        "access_token",
        "token",
        "api_key",
        "api_secret",
        "assertion",
    }
)


@dataclass(frozen=True)
class Recorded:
    """`status` is None when no answer was sent; `fault` names the configured fault that hit; `error` is why
    an answer of 200 refuses, for vendors that refuse so."""

    vendor: str
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: str
    status: int | None
    fault: str | None
    error: str | None = None


class Journal:
    """In memory, and as JSON lines in `file` when there is one."""

    def __init__(self, file: Path | None = None) -> None:
        self._entries: list[Recorded] = []
        self._lock, self._file = Lock(), file.open("ab", buffering=0) if file is not None else None

    def add(
        self,
        vendor: str,
        request: Request,
        status: int | None,
        fault: str | None,
        *,
        error: str | None = None,
    ) -> None:
        entry = Recorded(
            vendor=vendor,
            method=request.method,
            path=request.path,
            query={
                name: [HIDDEN] if name in SECRET_FIELDS else list(values)
                for name, values in request.query.items()
            },
            headers={name: HIDDEN if _is_secret(name) else value for name, value in request.headers.items()},
            body=_without_secrets(request),
            status=status,
            fault=fault,
            error=error,
        )
        with self._lock:
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(orjson.dumps(vars(entry)) + b"\n")

    def requests(self, vendor: str | None = None) -> list[Recorded]:
        with self._lock:
            return [entry for entry in self._entries if vendor in (None, entry.vendor)]


@lru_cache(1000)
def _is_secret(header: str) -> bool:
    return SECRET_HEADERS.search(header) is not None


def _without_secrets(request: Request) -> str:
    if not request.body:
        return ""
    body = request.body.decode("utf-8", "replace")
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        pairs = parse_qsl(body, keep_blank_values=True)
        return urlencode([(name, HIDDEN if name in SECRET_FIELDS else value) for name, value in pairs])
    if "json" in request.headers.get("content-type", ""):
        names = "|".join(sorted(SECRET_FIELDS))
        return re.sub(rf'("(?:{names})"\s*:\s*)"[^"]*"', rf'\1"{HIDDEN}"', body)
    return body
