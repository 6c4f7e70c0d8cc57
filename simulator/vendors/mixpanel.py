"""Mixpanel: raw event export.

Follows Mixpanel's Event Export API description (OpenAPI 3). Lines are events of the days asked for; a
person is `distinct_id`, a machine stands for its account.
"""

import json
from datetime import date, timedelta
from typing import Any

from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit
from simulator.vendors.vendor import Vendor, basic, route
from simulator.vendors.view import Row

PROJECT = 2_195_193
LIMIT_MOST = 100_000


class Mixpanel(Vendor):
    name = "mixpanel"
    limits = {"*": Limit(60, 3600)}  # noqa: RUF012 -- never changed

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
        wanted = self._events(request)
        in_milliseconds = request.one("time_in_ms", "false") == "true"
        lines: list[str] = []
        unlimited = request.one("limit") is None
        for offset in range((min(last, self.view.today) - first).days + 1):
            for row in self.view.usage(first + timedelta(days=offset)).iter_rows(named=True):
                if wanted is not None and row["event"] not in wanted:
                    continue
                lines.append(json.dumps(self._line(row, in_milliseconds=in_milliseconds), ensure_ascii=False))
                if not unlimited and len(lines) == most:
                    return Answer.text("".join(f"{line}\n" for line in lines))
        return Answer.text("".join(f"{line}\n" for line in lines))

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

    def _line(self, row: Row, *, in_milliseconds: bool) -> dict[str, Any]:
        seconds = row["occurred_at"].timestamp()
        who = row["user_id"] or row["email"] or row["account_id"] or row["domain"]
        properties: dict[str, Any] = {
            "time": int(seconds * 1000) if in_milliseconds else int(seconds),
            "distinct_id": who,
            "$insert_id": row["event_id"],
            "mp_processing_time_ms": int(seconds * 1000) + 4_000,
            "channel": row["channel"],
            "quantity": row["quantity"],
        }
        named = {"feature": "feature", "user_id": "$user_id", "email": "$email", "account_id": "company_id",
                 "domain": "company_domain"}  # fmt: skip
        properties |= {shown: row[name] for name, shown in named.items() if row[name] is not None}
        if row["properties"]:
            properties |= json.loads(row["properties"])
        return {"event": row["event"], "properties": properties}


def _error(message: str, status: int) -> Answer:
    return Answer.json({"error": message, "request": "/api/2.0/export"}, status)
