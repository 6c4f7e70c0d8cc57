"""What goes over the wire: a request as a vendor sees it, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson

JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> "Answer":
        return cls(status, orjson.dumps(value), JSON_TYPE | headers if headers else JSON_TYPE)

    @classmethod
    def text(cls, value: str, status: int = 200, content_type: str = "text/plain") -> "Answer":
        return cls(status, value.encode(), {"Content-Type": content_type})


class RefusedError(Exception):
    """A vendor refuses a request; it carries the answer the caller gets."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with status {answer.status}")
        self.answer = answer


class MalformedError(Exception):
    """A request's body can't be read as what it should be; the vendor answers 400 in its own words."""


@dataclass(frozen=True)
class Request:
    """`path` and `base_url` are the vendor's own: the prefix that names the vendor belongs to `base_url`.

    `headers` have lower-case names. `repeats_page` asks the vendor to answer with a next page that is this
    page again, `ends_list` with one after which none follows (faults). `problem`: why the body could
    not be taken in.
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    repeats_page: bool = False
    ends_list: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def one(self, name: str, default: str | None = None) -> str | None:
        """The query parameter's first value."""
        return self.query.get(name, [default])[0]

    def number(self, name: str, default: int, *, most: int | None = None) -> int:
        """A whole number from the query; RefusedError 400 when it is none, cut to `most`."""
        given = self.one(name)
        try:
            value = default if given in (None, "") else int(str(given))
        except ValueError:
            raise RefusedError(Answer.json({"error": f"{name} must be a number"}, 400)) from None
        return value if most is None else min(value, most)

    def check(self) -> None:
        """Raises MalformedError when the body could not be taken in."""
        if self.problem is not None:
            raise MalformedError(self.problem)

    def value(self) -> Any:
        """The body as JSON. Raises MalformedError."""
        try:
            return orjson.loads(self.body)
        except ValueError as error:
            raise MalformedError(f"the body is not JSON: {error}") from None

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty one is an empty object. Raises MalformedError."""
        given = self.value() if self.body.strip() else {}
        if not isinstance(given, dict):
            raise MalformedError("the body is no JSON object")
        return given

    def form(self) -> dict[str, Any]:
        """Form fields, or those of a JSON body: vendors that take one mostly take both."""
        if "json" in self.headers.get("content-type", ""):
            return self.json()
        parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}

    def bearer(self) -> str | None:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else None

    def next_start(self, start: int, size: int) -> int:
        """Where the page after the one that begins at `start` begins."""
        return start if self.repeats_page else start + size
