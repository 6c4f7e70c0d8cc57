"""Pendo: the aggregation API, and lists of features, pages, track types and guides.

Follows the aggregation API's pipeline as its users' connectors speak it: a `source` with a time series by
day, then `identified`, `filter`, `select`, `sort` and `limit`. Rows of events are what one visitor did with
one feature, page or track type on one day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from simulator.vendors.message import Answer, MalformedError, RefusedError, Request
from simulator.vendors.pendo_objects import GUIDE, PendoObjects, milliseconds
from simulator.vendors.pendo_pipeline import PipelineError, applied
from simulator.vendors.vendor import Vendor, route
from simulator.vendors.view import Row

DAYS_MOST = 367


class Pendo(Vendor):
    name = "pendo"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.objects = PendoObjects(self.view, self.identities)
        self._by_day: dict[str, Callable[[date], list[Row]]] = {
            "featureEvents": self.objects.feature_events,
            "pageEvents": self.objects.page_events,
            "trackEvents": self.objects.track_events,
            "events": self.objects.events,
            "pollEvents": self.objects.poll_events,
        }
        self._whole: dict[str, Callable[[], list[Row]]] = {
            "accounts": self.objects.accounts,
            "visitors": self.objects.visitors,
            "features": self.objects.features,
            "pages": self.objects.pages,
            "trackTypes": self.objects.track_types,
            "guides": self.objects.guides,
            "polls": lambda: GUIDE["polls"],
        }

    def authorise(self, request: Request) -> None:
        if request.headers.get("x-pendo-integration-key") != self.secret:
            raise RefusedError(Answer.json({"message": "Forbidden"}, 403))

    def unreadable(self, problem: str) -> Answer:
        return Answer.json({"message": problem}, 400)

    @route("POST", "/api/v1/aggregation")
    def aggregation(self, request: Request) -> Answer:
        """Body: `{"response": {"mimeType": "application/json"}, "request": {"pipeline": […]}}`."""
        asked = request.json().get("request")
        pipeline = asked.get("pipeline") if isinstance(asked, dict) else None
        if not isinstance(pipeline, list) or not pipeline or not isinstance(pipeline[0], dict):
            raise MalformedError("request.pipeline must be a list of steps that begins with a source")
        try:
            rows = self._rows(pipeline[0].get("source"))
            return Answer.json({"startTime": milliseconds(self.now), "results": applied(pipeline[1:], rows)})
        except PipelineError as error:
            return Answer.json({"message": str(error)}, 422)

    def _rows(self, source: Any) -> list[Row]:
        names = [name for name in source if name != "timeSeries"] if isinstance(source, dict) else []
        if len(names) != 1 or names[0] not in {**self._by_day, **self._whole}:
            raise PipelineError(
                f"unknown source {names}; there are {', '.join([*self._whole, *self._by_day])}"
            )
        if names[0] in self._whole:
            return self._whole[names[0]]()
        make = self._by_day[names[0]]
        return [row for day in self._days(source.get("timeSeries")) for row in make(day)]

    def _days(self, series: Any) -> list[date]:
        """Of `{"period": "dayRange", "first": 1760000000000, "count": 7}`; negative: backwards."""
        if not isinstance(series, dict) or series.get("period") not in ("dayRange", "hourRange"):
            raise PipelineError("this source needs a timeSeries with period dayRange")
        first = self.view.today if series.get("first") == "now()" else _day(series.get("first"))
        count = series.get("count")
        if count is None:
            count = (_day(series.get("last")) - first).days + 1
        if not isinstance(count, int) or not 0 < abs(count) <= DAYS_MOST:
            raise PipelineError(f"count must be between 1 and {DAYS_MOST}")
        begin = first if count > 0 else first + timedelta(days=count + 1)
        return [begin + timedelta(days=n) for n in range(abs(count))]

    @route("GET", "/api/v1/feature")
    def features(self, request: Request) -> Answer:
        return Answer.json(self.objects.features())

    @route("GET", "/api/v1/page")
    def pages(self, request: Request) -> Answer:
        return Answer.json(self.objects.pages())

    @route("GET", "/api/v1/tracktype")
    def track_types(self, request: Request) -> Answer:
        return Answer.json(self.objects.track_types())

    @route("GET", "/api/v1/guide")
    def guides(self, request: Request) -> Answer:
        return Answer.json(self.objects.guides())

    @route("GET", "/api/v1/account/{account_id}")
    @route("GET", "/api/v1/visitor/{visitor_id}")
    def one(self, request: Request) -> Answer:
        ((kind, wanted),) = request.variables.items()
        rows = self.objects.accounts() if kind == "account_id" else self.objects.visitors()
        named = "accountId" if kind == "account_id" else "visitorId"
        found = [row for row in rows if row[named] == wanted]
        if not found:
            raise RefusedError(self.not_found())
        return Answer.json({"id": wanted, "metadata": found[0]["metadata"]})


def _day(given: Any) -> date:
    if not isinstance(given, (int, float)) or not 0 <= given < 1e14:  # noqa: PLR2004 -- milliseconds
        raise PipelineError(f"{given!r} is no moment in milliseconds")
    return datetime.fromtimestamp(given / 1000, UTC).date()
