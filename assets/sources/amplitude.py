"""Amplitude: the event export, a zip of gzipped JSON lines by hour.

GET /api/2/export?start&end            →  raw_amplitude.events  (an hour is a unit)
what they say of people and accounts   →  raw_amplitude.traits
what breaks a rule                     →  raw_amplitude._quarantine

Facts: Amplitude's page on the Export API. Hours are those in which its servers took the events in
(`server_upload_time`), in UTC; they may be had two hours later. 404 with the words below: no events in these
hours. 400: more than 4 GB, so fewer hours are asked for. An event sent again keeps its
`$insert_id`. Runs alone: `python -m assets.sources.amplitude --help`.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import Field as Setting
from pydantic import SecretStr
from requests import Response
from requests.auth import HTTPBasicAuth

from assets.sources.api.client import ApiClient
from assets.sources.api.connector import attempt
from assets.sources.api.errors import ApiError, GaveUpError
from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.downloads import Vendor, take_windows
from assets.sources.bulk.event_properties import property_fields
from assets.sources.bulk.loading import bulk_load
from assets.sources.bulk.sampling import sampled, see_readable
from assets.sources.bulk.schema import TRAITS, EventTable, Field, Trait, pointer, text_at
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.spool import spool_folder, spooled, temporary_folder
from assets.sources.bulk.staging import Export
from assets.sources.bulk.windows import TooLargeError, Windows, first_day
from assets.sources.bulk.zipped import ArchiveTooLargeError, unpacked
from assets.sources.connector import Finding, Places, TableLoad, Tell
from assets.sources.kinds import Kind
from assets.sources.settings import variable

SYSTEM = "amplitude"
# An hour's events are handed out two hours after its end.
_READY_AFTER = timedelta(hours=2)
_UNIT = "%Y-%m-%dT%H"
_GIGABYTE = 1_000_000_000
_EVENT_KEYS = ("event_type", "event_time")
_NO_EVENTS = "raw data files were not found"
_ENTRY = re.compile(r"_(\d{4}-\d{2}-\d{2})_(\d{1,2})#\d+\.json\.gz$")
# What else an event carries: device and place of a person, times of Amplitude's own processing. Not kept.
_IGNORED = """
    $insert_key $schema adid amplitude_attribution_ids amplitude_event_type amplitude_id app city
    client_event_time client_upload_time country data data_type device_brand device_carrier
    device_family device_manufacturer device_model device_type dma event_id global_user_properties
    idfa ip_address is_attribution_event language location_lat location_lng os_name os_version
    partner_id paying plan processed_time region sample_rate server_received_time session_id
    source_id start_version user_creation_time version_name
"""
_READ = """
    $insert_id uuid event_type event_time server_upload_time user_id device_id platform library groups
    event_properties user_properties group_properties
"""


class NothingExportedError(ApiError):
    """There are no events in the hours asked for."""


class Settings(UsageSettings):
    """`base_url`: amplitude.com, or analytics.eu.amplitude.com for projects there. `api_key` and
    `secret_key` of the project. `group_type`: the group type accounts go by. `hours_per_request` at most.
    `archive_gigabytes`: the most that may come out of one zip; of what is larger, fewer hours are asked for.
    """

    base_url: str = "https://amplitude.com"
    api_key: SecretStr
    secret_key: SecretStr
    group_type: str = "company"
    hours_per_request: int = Setting(default=24 * 30, ge=1, le=24 * 365)
    archive_gigabytes: float = Setting(default=16, gt=0)


def events_table(settings: Settings) -> EventTable:
    group = pointer("groups", settings.group_type)

    def of_group(name: str) -> str:
        """Properties of groups stand below the group's own name."""
        own = "replace(replace(group_id, '~', '~0'), '/', '~1')"
        place = f"'{pointer(settings.group_type)}/' || {own} || '{pointer(name)}'"
        return text_at("group_properties", name, place)

    return EventTable(
        "events",
        key="insert_id",
        occurred_at="event_time",
        fields=(
            Field("insert_id", Kind.IDENTIFIER, ("/$insert_id", "/uuid"), or_hash=True),
            Field("uuid", Kind.TEXT, ("/uuid",), is_lenient=True),
            Field("event_type", Kind.IDENTIFIER, ("/event_type",), is_required=True),
            Field(
                "event_time", Kind.TIMESTAMP, ("/event_time",), is_required=True, is_epoch=True, is_past=True
            ),
            Field("server_upload_time", Kind.TIMESTAMP, ("/server_upload_time",), is_epoch=True),
            Field("user_id", Kind.IDENTIFIER, ("/user_id",)),
            Field("device_id", Kind.TEXT, ("/device_id",), is_lenient=True),
            # Of several groups of a type the first counts.
            Field("group_id", Kind.IDENTIFIER, (f"{group}/0", group), is_lenient=True),
            Field("platform", Kind.TEXT, ("/platform",), is_lenient=True),
            Field("library", Kind.TEXT, ("/library",), is_lenient=True),
            *property_fields(settings, "event_properties", email=("/user_properties/email",)),
            Field("groups", Kind.JSON, ("/groups",), is_lenient=True),
            Field("event_properties", Kind.JSON, ("/event_properties",)),
            Field("user_properties", Kind.JSON, ("/user_properties",)),
            Field("group_properties", Kind.JSON, ("/group_properties",)),
        ),
        read_keys=frozenset((_READ + _IGNORED).split()),
        traits=(
            Trait("user", "user_id", "email", "email"),
            Trait("user", "user_id", "name", text_at("user_properties", "name")),
            Trait("user", "user_id", "group_id", "group_id"),
            Trait("group", "group_id", "name", of_group("name")),
            Trait("group", "group_id", "plan", of_group("plan")),
            Trait("group", "group_id", "configuration", of_group("configuration")),
            Trait("group", "group_id", "domain", f"coalesce({of_group('domain')}, domain)"),
        ),
    )


class Amplitude:
    """See `assets.sources.connector.Connector`."""

    system = SYSTEM
    settings_type = Settings
    table_names = ("events", TRAITS)

    def check(self, settings: Settings) -> list[Finding]:
        def ask() -> None:
            hour = (datetime.now(UTC) - timedelta(hours=3)).strftime(_UNIT)
            with temporary_folder() as folder:
                see_readable(SYSTEM, settings, _fetched(settings, [hour], folder, time.sleep))

        return [attempt("export", ask)]

    def sample(
        self, settings: Settings, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        last = now.astimezone(UTC) - _READY_AFTER - timedelta(hours=1)
        first = last - timedelta(hours=23)
        with temporary_folder() as folder:
            units = [first.strftime(_UNIT), last.strftime(_UNIT)]
            try:
                export = _fetched(settings, units, folder, time.sleep)
            except TooLargeError:
                export = _fetched(settings, units[1:], folder, time.sleep)
            found = sampled(self.system, settings, events_table(settings), [export], rows, now=now)
        yield from ((name, found[name]) for name in (*tables, "_quarantine") if name in found)

    def load(
        self, warehouse: Path, settings: Settings, *, places: Places, now: datetime, tell: Tell
    ) -> list[TableLoad]:
        windows = hours(settings, now)
        with (
            spool_folder(places.state, self.system) as folder,
            bulk_load(
                warehouse, self.system, events_table(settings), settings, places=places, now=now, tell=tell
            ) as load,
        ):
            due = windows.due(load, timedelta(days=settings.late_days))
            load.pass_over(windows.count - len(due))
            vendor = Vendor(partial(_fetched, settings), _described, settings.hours_per_request)
            take_windows(load, windows, due, vendor, folder=folder, settings=settings)
            return load.result()


def hours(settings: Settings, now: datetime) -> Windows:
    """Every hour that may be had by now."""
    begin = datetime.combine(first_day(settings, now.astimezone(UTC)), datetime.min.time())
    ready = now.astimezone(UTC).replace(tzinfo=None) - _READY_AFTER
    return Windows(begin, timedelta(hours=1), max((ready - begin) // timedelta(hours=1), 0), _UNIT)


def _fetched(settings: Settings, units: list[str], folder: Path, sleep: Sleep) -> Export:
    files: dict[Path, str] = {}

    def unpack(path: Path) -> None:
        files.update(_unpacked(path, folder / "entries", units, settings, sleep))

    try:
        path = spooled(
            lambda: _ask(settings, units[0], units[-1], sleep=sleep),
            folder / "export.zip",
            settings,
            what=_described(units),
            whole=unpack,
            sleep=sleep,
        )
    except NothingExportedError:
        return Export({}, listed=units)
    path.unlink()
    return Export(files, listed=units, event_keys=_EVENT_KEYS)


def _described(units: list[str]) -> str:
    return f"the hours {units[0]} to {units[-1]}"


def _unpacked(
    path: Path, folder: Path, units: list[str], settings: Settings, sleep: Sleep
) -> dict[Path, str]:
    """The zip's files, by hour. What names no hour counts for the first one asked for."""

    def hour_of(name: str) -> str:
        named = _ENTRY.search(name)
        return f"{named[1]}T{int(named[2]):02d}" if named else units[0]

    try:
        most = settings.archive_gigabytes * _GIGABYTE
        return unpacked(path, folder, hour_of, most_bytes=most, sleep=sleep)
    except ArchiveTooLargeError:
        trouble = (
            f"amplitude: {_described(units)}: more than {settings.archive_gigabytes:g} GB come out of the "
            f"zip; if there are so many events, raise {variable(SYSTEM, 'archive_gigabytes')}"
        )
        raise (TooLargeError(trouble) if len(units) > 1 else GaveUpError(trouble)) from None


def _ask(settings: Settings, first: str, last: str, *, sleep: Sleep = time.sleep) -> Response:
    auth = HTTPBasicAuth(settings.api_key.get_secret_value(), settings.secret_key.get_secret_value())
    client = ApiClient(SYSTEM, settings, auth=auth, read_answer=_reading(first, last), sleep=sleep)
    wanted = {"start": first.replace("-", ""), "end": last.replace("-", "")}
    return client.get("/api/2/export", params=wanted, stream=True)


def _reading(first: str, last: str) -> Any:
    def read(response: Response) -> ApiError | None:
        # A server that is not Amplitude's says "not found", too: only these words mean that nothing happened.
        if response.status_code == HTTPStatus.NOT_FOUND and _NO_EVENTS in response.text.lower():
            return NothingExportedError("no events in these hours")
        if response.status_code == HTTPStatus.BAD_REQUEST and first != last:
            raise TooLargeError(response.text)
        return None

    return read


CONNECTOR = Amplitude()

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
