"""Pendo: its aggregation API and its lists, into `raw_pendo`.

POST /api/v1/aggregation: featureEvents, pageEvents, trackEvents  →  events  (a day of a kind is a unit)
POST /api/v1/aggregation: accounts                                →  accounts
POST /api/v1/aggregation: visitors                                →  visitors
POST /api/v1/aggregation: pollEvents                              →  poll_events
GET /api/v1/feature, /page, /tracktype                            →  event_types
GET /api/v1/guide (the polls in it)                               →  polls
what breaks a rule: records                                       →  _quarantine
                    events                                        →  _quarantine_events

Facts: Pendo's pages on its API and the connectors of others. A row of events is what one visitor did with
one feature or page on one day: `numEvents`, `numMinutes`. Days are of the subscription's time zone. The
aggregation is not meant for bulk: as many days of a kind are asked for at once as are small. Runs alone:
`python -m assets.sources.pendo --help`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from assets.sources.api import ApiConnector, ApiError, CredentialsRefusedError, attempt
from assets.sources.bulk import pendo_records, pendo_tables
from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.downloads import Vendor, take_windows
from assets.sources.bulk.loading import bulk_load
from assets.sources.bulk.pendo_records import SOURCES, SYSTEM, Settings, aggregate
from assets.sources.bulk.sampling import sampled, see_readable
from assets.sources.bulk.schema import EventTable, Field
from assets.sources.bulk.spool import spool_folder, spooled, temporary_folder
from assets.sources.bulk.staging import Export
from assets.sources.bulk.windows import day_of_line, days
from assets.sources.connector import Finding, Places, TableLoad, Tell
from assets.sources.kinds import Kind

RECORDS = ApiConnector(SYSTEM, Settings, pendo_tables.TABLES, pendo_records.streams)
_DAY = "%Y-%m-%d"
_ROWS_OF = "results"


def events_table(settings: Settings) -> EventTable:
    return EventTable(
        "events",
        key="event_id",
        occurred_at="day",
        fields=(
            # Nothing names a row, and a day comes whole.
            Field("event_id", Kind.IDENTIFIER, (), or_place=True),
            Field(
                "day",
                Kind.TIMESTAMP,
                ("/day",),
                is_required=True,
                is_epoch=True,
                is_past=True,
                wall_clock=None if settings.timezone == "UTC" else settings.timezone,
            ),
            Field("feature_id", Kind.IDENTIFIER, ("/featureId",)),
            Field("page_id", Kind.IDENTIFIER, ("/pageId",)),
            Field("track_type_id", Kind.IDENTIFIER, ("/trackTypeId",)),
            Field("account_id", Kind.IDENTIFIER, ("/accountId",)),
            Field("visitor_id", Kind.IDENTIFIER, ("/visitorId",), is_required=True),
            Field("app_id", Kind.TEXT, ("/appId",), is_lenient=True),
            Field("num_events", Kind.NUMBER, ("/numEvents",)),
            Field("num_minutes", Kind.NUMBER, ("/numMinutes",)),
            Field("user_agent", Kind.TEXT, ("/userAgent",), is_lenient=True),
            Field("properties", Kind.JSON, ("/properties",), is_lenient=True),
        ),
        # Addresses of people and servers are not kept.
        read_keys=frozenset(
            {
                *(
                    "day",
                    "featureId",
                    "pageId",
                    "trackTypeId",
                    "accountId",
                    "visitorId",
                    "appId",
                    "numEvents",
                ),
                *("numMinutes", "userAgent", "properties", "remoteIp", "server", "parameters", "country"),
                *("region", "latitude", "longitude"),
            }
        ),
        quarantine="_quarantine_events",
    )


class Pendo:
    """See `assets.sources.connector.Connector`."""

    system = SYSTEM
    settings_type = Settings
    table_names = ("events", *RECORDS.table_names)

    def check(self, settings: Settings) -> Iterable[Finding]:
        yesterday = (datetime.now(ZoneInfo(settings.timezone)) - timedelta(days=1)).date()
        for source in SOURCES.values():
            yield attempt(source, partial(_see_readable, settings, source, yesterday))
        yield from RECORDS.check(settings)

    def sample(
        self, settings: Settings, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        wanted = set(tables)
        if "events" in wanted:
            yesterday = (now.astimezone(ZoneInfo(settings.timezone)) - timedelta(days=1)).date()
            with temporary_folder() as folder:
                export = _a_day(settings, SOURCES["feature"], yesterday, folder)
                found = sampled(SYSTEM, settings, events_table(settings), [export], rows, now=now)
                yield "events", found["events"]
        yield from RECORDS.sample(settings, wanted & set(RECORDS.table_names), rows, now=now, tell=tell)

    def load(
        self, warehouse: Path, settings: Settings, *, places: Places, now: datetime, tell: Tell
    ) -> list[TableLoad]:
        records, failure = [], None
        try:
            records = RECORDS.load(warehouse, settings, places=places, now=now, tell=tell)
        except CredentialsRefusedError:
            raise
        except ApiError as error:
            # Usage is worth having without them.
            failure = error
        events = self._load_events(warehouse, settings, places=places, now=now, tell=tell)
        if failure is not None:
            raise failure
        return [*events, *records]

    def _load_events(
        self, warehouse: Path, settings: Settings, *, places: Places, now: datetime, tell: Tell
    ) -> list[TableLoad]:
        table = events_table(settings)
        here = now.astimezone(ZoneInfo(settings.timezone))
        with (
            spool_folder(places.state, f"{SYSTEM}_events") as folder,
            bulk_load(warehouse, SYSTEM, table, settings, places=places, now=now, tell=tell) as load,
        ):
            for kind in SOURCES:
                windows = days(settings, here, pattern=f"{kind}/{_DAY}")
                due = windows.due(load, timedelta(days=settings.late_days))
                load.pass_over(windows.count - len(due))
                vendor = Vendor(partial(_fetched, settings), _described, settings.days_per_request)
                take_windows(load, windows, due, vendor, folder=folder, settings=settings)
            return load.result()


def _see_readable(settings: Settings, source: str, day: date) -> None:
    with temporary_folder() as folder:
        see_readable(SYSTEM, settings, _a_day(settings, source, day, folder, most=1))


def _a_day(settings: Settings, source: str, day: date, folder: Path, *, most: int | None = None) -> Export:
    ask = partial(aggregate, settings, source, day, 1, stream=True, most=most)
    path = spooled(ask, folder / "sample.json", settings, what="a sample")
    return Export({path: "sample"}, rows_of=_ROWS_OF)


def _fetched(settings: Settings, units: list[str], folder: Path, sleep: Sleep) -> Export:
    kind, day = units[0].split("/")
    first = date.fromisoformat(day)
    path = spooled(
        lambda: aggregate(settings, SOURCES[kind], first, len(units), stream=True, sleep=sleep),
        folder / "results.json",
        settings,
        what=_described(units),
        sleep=sleep,
    )
    unit_of = day_of_line("/day", units, wall_clock=settings.timezone, prefix=f"{kind}/")
    return Export({path: units[0]}, unit_of=unit_of, listed=units, rows_of=_ROWS_OF)


def _described(units: list[str]) -> str:
    kind, day = units[0].split("/")
    return f"the {kind} events of {len(units)} days from {day}"


CONNECTOR = Pendo()

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
