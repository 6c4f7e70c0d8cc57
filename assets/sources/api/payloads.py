"""Bodies and payloads as the vendor sent them: parsed once, however odd; what no column takes is kept."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from assets.sources.api.tables import Table
from assets.sources.mending import mended

Payload = Mapping[str, Any]
# What 64 bits hold, with or without a sign.
_SMALLEST, _LARGEST, _DIGITS = -(2**63), 2**64 - 1, 20
# What reading a payload of an unforeseen form ends in.
MISREAD = (KeyError, IndexError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True)
class Fields:
    """Names that columns read; of those in `below` not whole, but only the fields named there."""

    names: frozenset[str]
    below: Mapping[str, "Fields"]


class OddRowError(ValueError):
    """A row is not in the form its description promises; the message says where, as a reason to reject it."""


@dataclass(frozen=True)
class Spoilt:
    """A row that cannot be made into what its table's columns read, and why: it is rejected."""

    payload: Any
    reason: str


def shaped(rows: Iterable[Any], shape: Callable[[Any], Any]) -> list[Any]:
    """Each row in the form that columns read; one of an unforeseen form is rejected, and keeps no other from
    being read.
    """
    found = []
    for row in rows:
        try:
            found.append(shape(row))
        except OddRowError as error:
            found.append(Spoilt(row, str(error)))
        except MISREAD as error:
            found.append(
                Spoilt(row, f"the row is not in the form that was expected ({type(error).__name__})")
            )
    return found


class UnparsableBodyError(ValueError):
    """The body is no JSON: cut off, or a page for people."""


def parsed(body: bytes) -> Any:
    """The body's JSON value; an empty body is None. Raises `UnparsableBodyError`."""
    if not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    # No record of a vendor's may keep the others from loading by the characters or numbers in it.
    try:
        return json.loads(
            mended(body), parse_constant=_no_number, parse_float=_number, parse_int=_whole_number
        )
    except (ValueError, RecursionError) as error:
        raise UnparsableBodyError("the body is no valid JSON") from error


def encoded(payload: object) -> bytes:
    """Canonical JSON: the same content gives the same bytes, whatever the order of fields."""
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    except TypeError:
        # Numbers beyond 64 bits, lone surrogates: slower, but the row is not lost.
        loose = json.dumps(payload, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
        return loose.encode("utf-8", "replace")


def digest(encoded_payload: bytes) -> str:
    """Names a row's content; equal for equal content."""
    return hashlib.blake2b(encoded_payload, digest_size=12).hexdigest()


def fields_read(table: Table) -> Fields:
    """The fields that the table's columns read."""
    return _fields([column.path for column in table.columns])


def _fields(paths: Iterable[tuple[str | int, ...]]) -> Fields:
    below: dict[str, list[tuple[str | int, ...]]] = {}
    for first, *further in paths:
        if isinstance(first, str):
            below.setdefault(first, []).append(tuple(further))
    # A list of which one element is read stays in `extra` as it is.
    partly = {name: _fields(found) for name, found in below.items() if () not in found}
    return Fields(frozenset(below), partly)


def rest(payload: Payload, fields: Fields) -> dict[str, Any]:
    """The values that no column reads; nulls are left out."""
    read = fields.names
    left = {name: value for name, value in payload.items() if value is not None and name not in read}
    for name, below in fields.below.items():
        if (value := payload.get(name)) is not None:
            remaining = rest(value, below) if isinstance(value, Mapping) else value
            if remaining != {}:
                left[name] = remaining
    return left


def _no_number(constant: str) -> None:
    """NaN and Infinity are no JSON: unknown."""


def _number(digits: str) -> float | None:
    """A number that is too large for any column is unknown."""
    number = float(digits)
    return number if math.isfinite(number) else None


def _whole_number(digits: str) -> int | float | None:
    if len(digits) <= _DIGITS and _SMALLEST <= (whole := int(digits)) <= _LARGEST:
        return whole
    return _number(digits)
