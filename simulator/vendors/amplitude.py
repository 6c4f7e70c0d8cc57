"""Amplitude: event export, a zip of gzipped JSON lines per hour.

Follows the Export API as described by third parties and the event schema: hours of the server's clock, basic
authentication by API key and secret key, 404 when there is nothing in the range.
"""

import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from simulator.vendors.event_lines import Spelled, clock, first_of, lines, seconds, together
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import Vendor, basic, route

PROJECT = 187_520
DAYS_MOST = 365
PLATFORMS = {"ui": "Web", "mobile": "iOS", "api": "Server", "integration": "Server"}


class Amplitude(Vendor):
    name = "amplitude"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._what = Spelled(_what)
        people = ("user_id", "email", "account_id", "domain")
        self._who = {column: Spelled(partial(self._person, column)) for column in people}

    def authorise(self, request: Request) -> None:
        given = basic(request)
        if given is None or not given[0] or given[1] != self.secret:
            raise RefusedError(Answer.text("Unauthorized", 401))

    @route("GET", "/api/2/export")
    def export(self, request: Request) -> Answer:
        """From the hour `start` to the hour `end`, both in it."""
        first, last = self._hour(request, "start", "00"), self._hour(request, "end", "23")
        if last < first or last - first > timedelta(days=DAYS_MOST):
            return Answer.text("start and end are the wrong way round, or more than a year apart", 400)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            day = first.date()
            while day <= min(last.date(), self.view.today):
                for hour, content in self._by_hour(day).items():
                    if first <= hour <= last:
                        name = f"{PROJECT}/{PROJECT}_{hour:%Y-%m-%d}_{hour.hour}#0.json.gz"
                        archive.writestr(zipfile.ZipInfo(name), gzip.compress(content, 1, mtime=0))
                day += timedelta(days=1)
            found = bool(archive.namelist())
        if not found:
            return Answer.text("Raw data files were not found.", 404)
        return Answer(200, packed.getvalue(), {"Content-Type": "application/zip"})

    def _hour(self, request: Request, name: str, default: str) -> datetime:
        given = request.one(name) or ""
        try:
            whole = given if "T" in given else f"{given}T{default}"
            return datetime.strptime(f"{whole}+0000", "%Y%m%dT%H%z")
        except ValueError:
            raise RefusedError(Answer.text(f"{name} must be given as YYYYMMDDTHH", 400)) from None

    def _by_hour(self, day: date) -> dict[datetime, bytes]:
        """The day's events, a line each, by the hour they happened in."""
        events = self.view.usage_table(day)
        hours = seconds(events) // 3600
        starts = np.flatnonzero(np.diff(hours, prepend=-1))  # events come sorted by time
        ends = [*starts[1:].tolist(), len(events)]
        return {
            datetime.fromtimestamp(int(hours[start]) * 3600, UTC): self._lines(
                day, events.slice(start, end - start)
            )
            for start, end in zip(starts.tolist(), ends, strict=True)
        }

    def _lines(self, day: date, events: pa.Table) -> bytes:
        number, at = events["event_id"].combine_chunks(), (f'"{day} ', clock(events), '.000000"')
        times = (
            "event_time",
            "client_event_time",
            "client_upload_time",
            "server_received_time",
            "server_upload_time",
        )
        return lines(
            '{"$insert_id":"', number, '","uuid":"', number, '"',
            *(part for name in times for part in (f',"{name}":', *at)),
            ',"event_properties":{"quantity":', pc.cast(events["quantity"].combine_chunks(), pa.string()),
            together(events, ("event", "feature", "channel", "properties"), self._what),
            first_of(events, self._who), "}",
        )  # fmt: skip

    def _person(self, column: str, who: str) -> str:
        """Who did it: a user, or a machine of a company."""
        number = self.identities.number("amplitude", "user", who, digits=12)
        is_machine = column in ("account_id", "domain")
        if is_machine:
            key = self.view.by_domain().get(who, who)
            self.identities.remember("amplitude", "company", who, key)
        else:
            user = self.view.by_email().get(who.lower())
            key = str(user["user_id"]) if user else who
        self.identities.remember("amplitude", "user", str(number), key)
        told = {
            "amplitude_id": number, "device_id": f"device-{number}", "user_id": None if is_machine else who,
            "groups": {"company": [who]} if is_machine else {},
        }  # fmt: skip
        return f",{json.dumps(told, ensure_ascii=False)[1:-1]}"


def _what(event: str, feature: str | None, channel: str, properties: str | None) -> str:
    """The rest of the properties, and what else depends on the event alone."""
    more = {"channel": channel, **({"feature": feature} if feature else {})}
    more |= json.loads(properties) if properties else {}
    told = {"event_type": event, "platform": PLATFORMS[channel], "app": PROJECT, "user_properties": {},
            "group_properties": {}, "library": "simulated/1.0", "session_id": -1}  # fmt: skip
    return f",{json.dumps(more, ensure_ascii=False)[1:-1]}}},{json.dumps(told, ensure_ascii=False)[1:-1]}"
