"""Zendesk's incremental exports: cursor based for tickets and users, time based for organizations and events.

Follows Zendesk's Support API description (OpenAPI, version 2.0.0) and its page on incremental exports. In a
time-based one the last second of a page is the first of the next, so its rows come twice.
"""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from simulator.vendors import zendesk_tickets
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Handler, Lists, Vendor, basic, route
from simulator.vendors.view import Row
from simulator.vendors.written import Written
from simulator.vendors.zendesk_objects import ZendeskObjects

EXPORT_MOST = 1000
Timed = list[tuple[int, Row]]  # rows in the order of their second
TOO_RECENT = timedelta(seconds=60)


class ZendeskExports(Vendor):
    name = "zendesk"
    limits = {"/api/v2/incremental/*": Limit(10, 60), "*": Limit(700, 60)}  # noqa: RUF012 -- never changed

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.written = Written()
        self._objects = ZendeskObjects(self.view, self.identities, self.written)

    def authorise(self, request: Request) -> None:
        """An API token (`address/token` and the token, basic), or OAuth."""
        given = basic(request)
        with_token = given is not None and given[0].endswith("/token") and given[1] == self.secret
        if not with_token and request.bearer() != self.secret:
            answer = Answer.json({"error": "Couldn't authenticate you"}, 401)
            raise RefusedError(Answer(401, answer.body, {**answer.headers, "WWW-Authenticate": "Basic"}))

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]]:
        return super().find(method, path.removesuffix(".json"))

    def unreadable(self, problem: str) -> Answer:
        return Answer.json({"error": {"title": "Invalid request", "message": problem}}, 400)

    def not_found(self) -> Answer:
        return Answer.json({"error": "InvalidEndpoint", "description": "Not found"}, 404)

    def too_many(self, retry_after: int) -> Answer:
        error = {
            "error": "APIRateLimitExceeded",
            "description": "Number of allowed API requests per minute exceeded",
        }
        return Answer.json(error, 429, {"Retry-After": str(retry_after)})

    def rate_headers(self, limit: Limit, left: int) -> dict[str, str]:
        return {"X-Rate-Limit": str(limit.requests), "X-Rate-Limit-Remaining": str(left)}

    def lists(self, base_url: str) -> Lists:
        query = {"start_time": ["0"], "include": ["comment_events"]}
        asked = Request("GET", "", query, headers={}, body=b"", base_url=base_url)
        exports = (self.export_organizations, self.export_users, self.export_tickets,
                   self.export_ticket_events, self.export_metric_events)  # fmt: skip
        return [partial(export, asked) for export in exports]

    def _made(self, kind: str, request: Request) -> list[Row]:
        """Tickets, users or organizations in the order they changed; made anew after a day or a write."""
        make: Callable[[str], list[Row]] = getattr(self._objects, kind)
        name = f"zendesk {kind} {self.written.version}"
        rows: list[Row] = self.view.derived(name, lambda: make(request.base_url))
        return rows

    @route("GET", "/api/v2/incremental/tickets/cursor")
    def export_tickets(self, request: Request) -> Answer:
        answer = self._cursor_export("tickets", request)
        if "metric_sets" in (request.one("include") or ""):
            by_id = self._tickets_by_id()
            numbers = [row["id"] for row in answer["tickets"] if row["id"] in by_id]
            answer["metric_sets"] = [self._metrics(by_id[number], request) for number in numbers]
        return Answer.json(answer)

    @route("GET", "/api/v2/incremental/users/cursor")
    def export_users(self, request: Request) -> Answer:
        return Answer.json(self._cursor_export("users", request))

    def _cursor_export(self, kind: str, request: Request) -> dict[str, Any]:
        size, given = request.number("per_page", EXPORT_MOST, most=EXPORT_MOST), request.one("cursor")
        after = decoded(given) if given else (self._start_time(request), -1)
        rows = self._made(kind, request)
        begin = bisect_right(rows, after, key=position)
        page = rows[begin : begin + size]
        ends = len(rows) - begin <= size and not request.repeats_page
        last = position(page[-1]) if page and not request.repeats_page else after
        cursor = encoded(last)
        url = f"{request.base_url}/api/v2/incremental/{kind}/cursor.json?cursor={cursor}&per_page={size}"
        include = request.one("include")
        return {
            kind: [shown(row) for row in page],
            "after_url": url + (f"&include={include}" if include else ""),
            "after_cursor": cursor, "before_url": None, "before_cursor": None, "end_of_stream": ends,
        }  # fmt: skip

    def _start_time(self, request: Request) -> float:
        given = request.one("start_time") or ""
        if not given.isdigit():
            title = "You passed an invalid value for the start_time attribute."
            raise RefusedError(Answer.json({"error": {"title": "Invalid attribute", "message": title}}, 400))
        if int(given) > (self.now - TOO_RECENT).timestamp():
            text = "Too recent start_time. Use a start_time older than 60 seconds"
            raise RefusedError(Answer.json({"error": "InvalidValue", "description": text}, 422))
        return float(given) - 1e-6  # rows of that very instant are wanted

    @route("GET", "/api/v2/incremental/organizations")
    def export_organizations(self, request: Request) -> Answer:
        rows = [(int(row["_moment"].timestamp()), shown(row)) for row in self._made("organizations", request)]
        return self._time_export("organizations", rows, request)

    @route("GET", "/api/v2/incremental/ticket_events")
    def export_ticket_events(self, request: Request) -> Answer:
        with_comments = "comment_events" in (request.one("include") or "")

        def make() -> Timed:
            happened = (
                (self._objects.ticket_id(row), self._objects.moments(row))
                for row in self.view.rows("tickets")
            )
            rows = [
                e
                for number, h in happened
                for e in zendesk_tickets.events(number, h, with_comments=with_comments)
            ]
            return sorted(
                ((row["timestamp"], row) for row in rows), key=lambda each: (each[0], each[1]["id"])
            )

        return self._time_export(
            "ticket_events", self.view.derived(f"zendesk events {with_comments}", make), request
        )

    @route("GET", "/api/v2/incremental/ticket_metric_events")
    def export_metric_events(self, request: Request) -> Answer:
        def make() -> Timed:
            by_id = self._tickets_by_id().items()
            rows = [row for number, ticket in by_id for row in zendesk_tickets.metric_events(number, ticket)]
            timed = [(int(datetime.fromisoformat(row["time"]).timestamp()), row) for row in rows]
            return sorted(timed, key=lambda each: (each[0], each[1]["id"]))

        return self._time_export(
            "ticket_metric_events", self.view.derived("zendesk metric events", make), request
        )

    def _time_export(self, kind: str, rows: Timed, request: Request) -> Answer:
        """A page never splits a second; it ends with the second at which the next begins."""
        begin = self._start_time(request)
        size = request.number("per_page", EXPORT_MOST, most=EXPORT_MOST)
        first = bisect_left(rows, begin, key=_second)
        full = first + size < len(rows)
        cut = rows[first + size - 1 if full else -1][0] if first < len(rows) else int(begin) + 1
        if full and cut == rows[first][0]:
            whole = bisect_right(rows, cut, key=_second)
            cut = rows[whole][0] if whole < len(rows) else cut
        end = bisect_right(rows, cut, key=_second)
        page = [row for _, row in rows[first:end]]
        ends = end == len(rows) and not request.repeats_page
        next_time = int(begin) + 1 if request.repeats_page else cut
        url = f"{request.base_url}/api/v2/incremental/{kind}.json?start_time={next_time}&per_page={size}"
        include = request.one("include")
        url += f"&include={include}" if include else ""
        return Answer.json(
            {kind: page, "count": len(page), "end_time": cut, "next_page": url, "end_of_stream": ends}
        )

    def _tickets_by_id(self) -> dict[int, Row]:
        def make() -> dict[int, Row]:
            return {self._objects.ticket_id(row): row for row in self.view.rows("tickets")}

        rows: dict[int, Row] = self.view.derived("zendesk tickets by id", make)
        return rows

    def _metrics(self, ticket: Row, request: Request) -> Row:
        number, happened = self._objects.ticket_id(ticket), self._objects.moments(ticket)
        requester = self._objects.requester(ticket)
        return zendesk_tickets.metrics(request.base_url, number, ticket, happened, requester=requester)


def _second(timed: tuple[int, Row]) -> int:
    return timed[0]


def position(row: Row) -> tuple[float, int]:
    return row["_moment"].timestamp(), int(row["id"])


def encoded(position: tuple[float, int]) -> str:
    return base64.urlsafe_b64encode(f"{position[0]!r}||{position[1]}".encode()).decode().rstrip("=")


def decoded(cursor: str) -> tuple[float, int]:
    try:
        at, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("||")
        return float(at), int(number)
    except (ValueError, binascii.Error):
        error = {"error": "InvalidValue", "description": "The cursor is invalid"}
        raise RefusedError(Answer.json(error, 400)) from None


def shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}
