"""What a vendor says instead of an export, in an answer that looks like one: 200, and JSON.

Taken for an export without events, it would close the days that it was asked for.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from assets.sources.api.payloads import UnparsableBodyError, parsed
from assets.sources.api.refusals import cut, words_of
from assets.sources.api.secrecy import Scrubber
from assets.sources.settings import ConnectorSettings, secrets
from assets.sources.sql import literal

# An answer without rows is no longer.
_MOST = 1 << 20


def instead_of_rows(path: Path, key: str) -> str | None:
    """Of a file in which no rows were found: why these are not the rows of some days without events; None
    when they are, with an empty list under `key`, or null."""
    try:
        body = parsed(_begin(path))
    except UnparsableBodyError:
        return "it is no JSON object"
    return instead_of_list(body, key)


def instead_of_list(body: Any, key: str) -> str | None:
    """The same of an answer that is parsed."""
    is_error = isinstance(body, Mapping) and bool(body.get("error") or body.get("errors"))
    if isinstance(body, Mapping) and key in body and (body[key] or not is_error):
        return None
    return _with_words(f"it has no list of {key}", words_of(body))


def instead_of_events(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> str | None:
    """Of the table `lines`: why no line of it is an event, which has one of the `keys` at least; None when
    there are events, or no lines at all."""
    has_one = " or ".join(f"json_exists(json, {literal(f'/{key}')})" for key in keys)
    if connection.execute(f"select 1 from lines where {has_one} limit 1").fetchone() is not None:
        return None
    first = connection.execute("select json::varchar from lines order by rowid limit 1").fetchone()
    if first is None:
        return None
    told = words_of(json.loads(first[0])) if first[0] is not None else ""
    return _with_words(f"no line of it is an event with {' or '.join(keys)}", told)


def instead_of_archive(path: Path) -> str:
    """Of a file that is no archive: the words in it, where it is JSON."""
    try:
        return _with_words("it is no whole archive", words_of(parsed(_begin(path))))
    except UnparsableBodyError:
        return "it is no whole archive"


def instead_of_page(text: str) -> str | None:
    """Of a page of links: why it is none; None when it is one."""
    try:
        return _with_words("it is no page", words_of(parsed(text.encode())))
    except UnparsableBodyError:
        return None if "<" in text else "it is no page"


def shown(text: str, settings: ConnectorSettings) -> str:
    """For people: no secrets in it, and not too long."""
    return cut(Scrubber(secrets(settings))(text))


def _with_words(trouble: str, words: str) -> str:
    return f"{trouble}, but says: {words}" if words else trouble


def _begin(path: Path) -> bytes:
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        return file.read(_MOST)
