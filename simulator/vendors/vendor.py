"""What every simulated vendor has: routes, authentication, a rate limit, its own error bodies, a clock."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from simulator.vendors.hearing import Heard
from simulator.vendors.identities import Identities
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.settings import Settings
from simulator.vendors.share import Share
from simulator.vendors.view import View

Handler = Callable[[Any, Request], Answer]
Lists = Iterable[Callable[[], object]]


def route(method: str, template: str) -> Callable[[Handler], Handler]:
    """Marks a method as the handler of `method template`; `{name}` stands for one path segment."""

    def mark(handler: Handler) -> Handler:
        marks = [*getattr(handler, "routes", []), (method, template)]
        handler.routes = marks  # type: ignore[attr-defined]
        return handler

    return mark


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", template)
    spelled = (f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in parts)
    return re.compile("".join(spelled) + r"/?")


class Vendor:
    """Subclasses set `name` and the documented `limits` (by path as in file names; the first that matches
    counts), and mark handlers with `route`.
    """

    name: ClassVar[str]
    limits: ClassVar[Mapping[str, Limit]] = {}
    _routes: ClassVar[list[tuple[str, re.Pattern[str], str]]]

    def __init_subclass__(cls) -> None:
        marked = [
            (template.count("{"), method, template, name)
            for name in dir(cls)
            for method, template in getattr(getattr(cls, name, None), "routes", [])
        ]
        # a path spelled out goes before one with a variable in its place
        cls._routes = [(method, _pattern(template), name) for _, method, template, name in sorted(marked)]

    def __init__(self, view: View, identities: Identities, settings: Settings) -> None:
        self.view = Share(view, self.name, settings.split) if settings.split else view
        self.identities, self.settings = identities, settings
        self.secret = settings.secret_of(self.name)
        self._skew = timedelta(seconds=settings.clock_skew_seconds.get(self.name, 0))

    @property
    def now(self) -> datetime:
        return self.view.now + self._skew

    def tick(self) -> datetime:
        """The moment of a write, by this vendor's clock."""
        return self.view.tick() + self._skew

    def hear(self, heard: Heard) -> None:
        """A message reached people or machines of the company: they answer when it lives on."""
        self.view.hear(heard)

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        """The handler and its path variables; RefusedError when the vendor has no such path or method."""
        allowed = set()
        for known, pattern, name in self._routes:
            if found := pattern.fullmatch(path):
                if known == method:
                    return getattr(type(self), name), found.groupdict()
                allowed.add(known)
        raise RefusedError(self.not_allowed() if allowed else self.not_found())

    def lists(self, base_url: str) -> Lists:
        """What makes the long lists that readers ask for, each kept until the company lives on or is written
        to; `base_url` is the vendor's own address.
        """
        return ()

    def refusal(self, answer: Answer) -> str | None:
        """Why an answer of 200 refuses; None for vendors whose status says it."""
        return None

    def authorise(self, request: Request) -> None:
        """Raises RefusedError when the credentials are missing or wrong; the default is a bearer token."""
        if request.bearer() != self.secret:
            raise RefusedError(Answer.json({"error": "Unauthorized"}, 401))

    def too_many(self, retry_after: int) -> Answer:
        return Answer.json({"error": "Too Many Requests"}, 429, {"Retry-After": str(retry_after)})

    def broken(self, status: int) -> Answer:
        return Answer.json({"error": "Internal Server Error"}, status)

    def unreadable(self, problem: str) -> Answer:
        """To a body that is not what it should be."""
        return Answer.json({"error": problem}, 400)

    def not_found(self) -> Answer:
        return Answer.json({"error": "Not Found"}, 404)

    def not_allowed(self) -> Answer:
        return Answer.json({"error": "Method Not Allowed"}, 405)

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        """What the vendor says of its limit with every answer."""
        return {}


def basic(request: Request) -> tuple[str, str] | None:
    """Name and password of HTTP basic authentication."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def iso(moment: datetime | None) -> str | None:
    """`2026-10-31T12:00:00Z`."""
    return None if moment is None else f"{moment.isoformat()[:19]}Z"  # four times as fast as strftime


def unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
