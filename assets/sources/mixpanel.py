"""Mixpanel: the raw event export, JSON lines.

GET /api/2.0/export?from_date&to_date  →  raw_mixpanel.events  (a day is a unit)
what they say of people and accounts   →  raw_mixpanel.traits
what breaks a rule                     →  raw_mixpanel._quarantine

Facts: Mixpanel's Event Export API description. 60 requests an hour; dates are of the project's time zone,
and `time` is seconds or milliseconds since 1970 (of the project's wall clock in projects from before 2023).
Properties may all be text. Runs alone: `python -m assets.sources.mixpanel --help`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field as Setting
from pydantic import SecretStr, model_validator
from requests import Response
from requests.auth import HTTPBasicAuth

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import attempt
from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.downloads import Vendor, take_windows
from assets.sources.bulk.event_properties import property_fields
from assets.sources.bulk.loading import bulk_load
from assets.sources.bulk.sampling import sampled, see_readable
from assets.sources.bulk.schema import TRAITS, EventTable, Field, Trait, pointer, text_at
from assets.sources.bulk.settings import TimeZone, UsageSettings
from assets.sources.bulk.spool import spool_folder, spooled, temporary_folder
from assets.sources.bulk.staging import Export
from assets.sources.bulk.windows import day_of_line, days
from assets.sources.connector import Finding, Places, TableLoad, Tell
from assets.sources.kinds import Kind

SYSTEM = "mixpanel"
# An event has both.
_EVENT_KEYS = ("event", "properties")


class Settings(UsageSettings):
    """`base_url`: data.mixpanel.com, or data-eu and data-in for projects there. A project's `api_secret`;
    or a service account's `username` and `password` with the `project_id`. `group_property`: the group key
    accounts go by. `project_timezone`: of a project from before 2023. `days_per_request` at most.
    """

    base_url: str = "https://data.mixpanel.com"
    api_secret: SecretStr = SecretStr("")
    username: str = ""
    password: SecretStr = SecretStr("")
    project_id: str = ""
    user_property: str = "$user_id"
    group_property: str = "company_id"
    project_timezone: TimeZone = "UTC"
    days_per_request: int = Setting(default=30, ge=1)
    patience_seconds: float = Setting(default=3600, ge=0)

    @model_validator(mode="after")
    def _has_credentials(self) -> "Settings":
        as_account = self.username and self.password.get_secret_value() and self.project_id
        if not (self.api_secret.get_secret_value() or as_account):
            raise ValueError("give API_SECRET, or USERNAME, PASSWORD and PROJECT_ID of a service account")
        return self


def events_table(settings: Settings) -> EventTable:
    zone = None if settings.project_timezone == "UTC" else settings.project_timezone
    group = pointer("properties", settings.group_property)
    return EventTable(
        "events",
        key="insert_id",
        occurred_at="time",
        fields=(
            Field("insert_id", Kind.IDENTIFIER, ("/properties/$insert_id",), or_hash=True),
            Field("event", Kind.IDENTIFIER, ("/event",), is_required=True),
            Field(
                "time",
                Kind.TIMESTAMP,
                ("/properties/time",),
                is_required=True,
                is_epoch=True,
                is_past=True,
                zone=zone,
            ),
            Field("distinct_id", Kind.IDENTIFIER, ("/properties/distinct_id",)),
            Field("user_id", Kind.IDENTIFIER, (pointer("properties", settings.user_property),)),
            Field("device_id", Kind.TEXT, ("/properties/$device_id",), is_lenient=True),
            # Of several groups the first counts.
            Field("group_id", Kind.IDENTIFIER, (f"{group}/0", group), is_lenient=True),
            Field("library", Kind.TEXT, ("/properties/mp_lib", "/properties/$lib"), is_lenient=True),
            Field("os", Kind.TEXT, ("/properties/$os",), is_lenient=True),
            *property_fields(settings, "properties", email=("/properties/$email",)),
            Field("properties", Kind.JSON, ("/properties",), is_required=True),
        ),
        read_keys=frozenset({"event", "properties"}),
        traits=(
            Trait("user", "user_id", "email", "email"),
            Trait("user", "user_id", "name", text_at("properties", "$name")),
            Trait("user", "user_id", "group_id", "group_id"),
            Trait("group", "group_id", "domain", "domain"),
        ),
    )


class Mixpanel:
    """See `assets.sources.connector.Connector`."""

    system = SYSTEM
    settings_type = Settings
    table_names = ("events", TRAITS)

    def check(self, settings: Settings) -> list[Finding]:
        yesterday = datetime.now(ZoneInfo(settings.project_timezone)).date() - timedelta(days=1)

        def ask() -> None:
            with temporary_folder() as folder:
                see_readable(SYSTEM, settings, _few(settings, yesterday, yesterday, 1, folder))

        return [attempt("export", ask)]

    def sample(
        self, settings: Settings, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        last = now.astimezone(ZoneInfo(settings.project_timezone)).date()
        first = last - timedelta(days=settings.days_per_request)
        with temporary_folder() as folder:
            export = _few(settings, first, last, rows, folder)
            found = sampled(self.system, settings, events_table(settings), [export], rows, now=now)
        yield from ((name, found[name]) for name in (*tables, "_quarantine") if name in found)

    def load(
        self, warehouse: Path, settings: Settings, *, places: Places, now: datetime, tell: Tell
    ) -> list[TableLoad]:
        table = events_table(settings)
        windows = days(settings, now.astimezone(ZoneInfo(settings.project_timezone)))
        with (
            spool_folder(places.state, self.system) as folder,
            bulk_load(warehouse, self.system, table, settings, places=places, now=now, tell=tell) as load,
        ):
            due = windows.due(load, timedelta(days=settings.late_days))
            load.pass_over(windows.count - len(due))
            vendor = Vendor(partial(_fetched, settings), _described, settings.days_per_request)
            take_windows(load, windows, due, vendor, folder=folder, settings=settings)
            return load.result()


def _few(settings: Settings, first: date, last: date, rows: int, folder: Path) -> Export:
    path = spooled(
        lambda: _ask(settings, str(first), str(last), limit=rows),
        folder / "sample.json",
        settings,
        what="a sample",
    )
    return Export({path: "sample"}, event_keys=_EVENT_KEYS)


def _fetched(settings: Settings, units: list[str], folder: Path, sleep: Sleep) -> Export:
    path = spooled(
        lambda: _ask(settings, units[0], units[-1], sleep=sleep),
        folder / "export.json",
        settings,
        what=_described(units),
        sleep=sleep,
    )
    unit_of = day_of_line("/properties/time", units)
    return Export({path: units[0]}, unit_of=unit_of, listed=units, is_stream=True, event_keys=_EVENT_KEYS)


def _described(units: list[str]) -> str:
    return f"the events of {units[0]} to {units[-1]}"


def _ask(
    settings: Settings, first: str, last: str, *, limit: int | None = None, sleep: Sleep = time.sleep
) -> Response:
    secret = settings.api_secret.get_secret_value()
    auth = HTTPBasicAuth(secret, "")
    wanted: dict[str, Any] = {"from_date": first, "to_date": last, "time_in_ms": "true"}
    if not secret:
        auth = HTTPBasicAuth(settings.username, settings.password.get_secret_value())
        wanted["project_id"] = settings.project_id
    if limit is not None:
        wanted["limit"] = limit
    headers = {"Accept-Encoding": "gzip"}
    client = ApiClient(SYSTEM, settings, auth=auth, headers=headers, sleep=sleep)
    return client.get("/api/2.0/export", params=wanted, stream=True)


CONNECTOR = Mixpanel()

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
