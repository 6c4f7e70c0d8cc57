"""What goes over the wire: a request as a vendor sees it, and its answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> "Answer":
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})

    @classmethod
    def text(cls, value: str, status: int = 200, content_type: str = "text/plain") -> "Answer":
        return cls(status, value.encode(), {"Content-Type": content_type})


class RefusedError(Exception):
    """A vendor refuses a request; it carries the answer the caller gets."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with status {answer.status}")
        self.answer = answer


@dataclass(frozen=True)
class Request:
    """`path` and `base_url` are the vendor's own: the prefix that names the vendor belongs to `base_url`.

    `headers` have lower-case names. `repeats_page` asks the vendor to answer with a next page that is this
    page again (a fault).
    """

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    repeats_page: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

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

    def json(self) -> Any:
        """The body as JSON; an empty one is an empty object. RefusedError 400 when it is not JSON."""
        try:
            return json.loads(self.body) if self.body.strip() else {}
        except ValueError:
            raise RefusedError(Answer.json({"error": "the body is not JSON"}, 400)) from None

    def form(self) -> dict[str, str]:
        """Form fields, or those of a JSON body: vendors that take one mostly take both."""
        if "json" in self.headers.get("content-type", ""):
            fields = self.json()
            return dict(fields) if isinstance(fields, dict) else {}
        parsed = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] for name, values in parsed.items()}

    def bearer(self) -> str | None:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else None

    def next_start(self, start: int, size: int) -> int:
        """Where the page after the one that begins at `start` begins."""
        return start if self.repeats_page else start + size
