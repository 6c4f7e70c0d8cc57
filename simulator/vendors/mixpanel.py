"""Mixpanel: raw event export.

Follows Mixpanel's Event Export API description (OpenAPI 3). Lines are events of the days asked for; a
person is `distinct_id`, a machine stands for its account. `mp_lib` is what sent an event: in the channel
`mobile` one of two apps, by the person's telephone.
"""

import json
from datetime import date, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from simulator.vendors.event_lines import Spelled, first_of, lines, seconds, text, together
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Vendor, basic, route

PROJECT = 2_195_193
LIMIT_MOST = 100_000
PROCESSED_AFTER = 4  # seconds
# what an event's column is called here, and whose id it is
NAMED = {"user_id": ("$user_id", "distinct_id"), "email": ("$email", "distinct_id"),
         "account_id": ("company_id", "company"), "domain": ("company_domain", "company")}  # fmt: skip
LIBRARIES = {"ui": "web", "api": "python", "integration": "node"}
PHONES = ("iphone", "iphone", "iphone", "android", "android")


class Mixpanel(Vendor):
    name = "mixpanel"
    limits = {"*": Limit(60, 3600)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._what, self._phone = Spelled(_what), Spelled(_phone_of)
        self._who = {column: Spelled(partial(self._person, column)) for column in NAMED}

    def authorise(self, request: Request) -> None:
        """Basic with the project's secret as name, or a service account: name, secret and `project_id`."""
        given = basic(request)
        as_project = given == (self.secret, "")
        as_account = given is not None and given[0] != "" and given[1] == self.secret
        if as_account and request.one("project_id") != str(PROJECT):
            error = "Mixpanel service account authentication requires a project_id query parameter"
            raise RefusedError(_error(error, 400))
        if not (as_project or as_account):
            raise RefusedError(_error("Invalid API secret", 401))

    def too_many(self, retry_after: int) -> Answer:
        answer = _error(
            "Project exceeded rate limits. Please retry the request with exponential backoff.", 429
        )
        return Answer(429, answer.body, {**answer.headers, "Retry-After": str(retry_after)})

    @route("GET", "/api/2.0/export")
    def export(self, request: Request) -> Answer:
        first, last = self._day(request, "from_date"), self._day(request, "to_date")
        if first > last:
            return _error("from_date must not be after to_date", 400)
        most = request.number("limit", LIMIT_MOST)
        if not 0 < most <= LIMIT_MOST:
            return _error(f"limit must be between 1 and {LIMIT_MOST}", 400)
        wanted, limited = self._events(request), request.one("limit") is not None
        in_milliseconds = request.one("time_in_ms", "false") == "true"
        days = range((min(last, self.view.today) - first).days + 1)
        pages = (
            self._lines(first + timedelta(days=n), wanted, in_milliseconds=in_milliseconds) for n in days
        )
        if not limited:
            return Answer(200, b"".join(pages), {"Content-Type": "text/plain"})
        found = islice(chain.from_iterable(page.splitlines(keepends=True) for page in pages), most)
        return Answer(200, b"".join(found), {"Content-Type": "text/plain"})

    def _lines(self, day: date, wanted: set[str] | None, *, in_milliseconds: bool) -> bytes:
        """The day's events, a line each."""
        events = self.view.usage_table(day)
        if wanted is not None:
            events = events.filter(pc.is_in(events["event"], pa.array(sorted(wanted), pa.string())))
        return self._spelled(events, in_milliseconds=in_milliseconds)

    def _spelled(self, events: pa.Table, *, in_milliseconds: bool) -> bytes:
        at = text(seconds(events))
        return lines(
            together(events, ("event", "feature", "channel", "properties"), self._what),
            first_of(events, self._who), ',"mp_lib":"', self._library(events), '","time":', at,
            "000" if in_milliseconds else "",
            ',"mp_processing_time_ms":', text(seconds(events) + PROCESSED_AFTER), '000,"quantity":',
            pc.cast(events["quantity"].combine_chunks(), pa.string()), ',"$insert_id":"',
            events["event_id"].combine_chunks(), '"}}',
        )  # fmt: skip

    def _library(self, events: pa.Table) -> pa.Array:
        known = together(events, ("channel",), LIBRARIES.get)
        return pc.coalesce(known, first_of(events, dict.fromkeys(NAMED, self._phone)))

    def _person(self, column: str, who: str) -> str:
        """The identifying properties of whoever `column` names."""
        shown, kind = NAMED[column]
        self.identities.remember("mixpanel", kind, who, self._key(column, who))
        return json.dumps({"distinct_id": who, shown: who}, ensure_ascii=False)[1:-1]

    def _key(self, column: str, who: str) -> str:
        user = self.view.by_email().get(who.lower()) if column == "email" else None
        account = self.view.by_domain().get(who) if column == "domain" else None
        return str(user["user_id"]) if user else account or who

    def _day(self, request: Request, name: str) -> date:
        try:
            return date.fromisoformat(request.one(name) or "")
        except ValueError:
            raise RefusedError(_error(f"{name}: expected a date as yyyy-mm-dd", 400)) from None

    def _events(self, request: Request) -> set[str] | None:
        given = request.one("event")
        if given is None:
            return None
        try:
            return set(json.loads(given))
        except (ValueError, TypeError):
            raise RefusedError(_error("event: expected a JSON array of names", 400)) from None


def _what(event: str, feature: str | None, channel: str, properties: str | None) -> str:
    """The beginning of a line: the event and those of its properties that do not name anybody."""
    told: dict[str, Any] = {"channel": channel, **({"feature": feature} if feature else {})}
    told |= json.loads(properties) if properties else {}
    named, inner = json.dumps(event, ensure_ascii=False), json.dumps(told, ensure_ascii=False)[1:-1]
    return f'{{"event":{named},"properties":{{{inner},'


def _phone_of(who: str) -> str:
    return PHONES[crc32(who.encode()) % len(PHONES)]


def _error(message: str, status: int) -> Answer:
    return Answer.json({"error": message, "request": "/api/2.0/export"}, status)
