"""Amplitude: event export, a zip of gzipped JSON lines per hour.

Follows the Export API as described by third parties and the event schema: hours of the server's clock, basic
authentication by API key and secret key, 404 when there is nothing in the range.
"""

import gzip
import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.vendor import Vendor, basic, route
from simulator.vendors.view import Row

PROJECT = 187_520
DAYS_MOST = 365
PLATFORMS = {"ui": "Web", "mobile": "iOS", "api": "Server", "integration": "Server"}


class Amplitude(Vendor):
    name = "amplitude"

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
                for hour, lines in self._by_hour(day).items():
                    if first <= hour <= last:
                        name = f"{PROJECT}/{PROJECT}_{hour:%Y-%m-%d}_{hour.hour}#0.json.gz"
                        content = gzip.compress("".join(lines).encode(), 1, mtime=0)
                        archive.writestr(zipfile.ZipInfo(name), content)
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

    def _by_hour(self, day: Any) -> dict[datetime, list[str]]:
        hours: dict[datetime, list[str]] = {}
        for row in self.view.usage(day).iter_rows(named=True):
            hour = row["occurred_at"].replace(minute=0, second=0, microsecond=0)
            hours.setdefault(hour, []).append(json.dumps(self._event(row), ensure_ascii=False) + "\n")
        return hours

    def _event(self, row: Row) -> Row:
        at = row["occurred_at"].strftime("%Y-%m-%d %H:%M:%S.%f")
        who = row["user_id"] or row["email"]
        machine = row["account_id"] or row["domain"]
        person = self.identities.number("amplitude", "user", who or machine, digits=12)
        properties = json.loads(row["properties"]) if row["properties"] else {}
        properties |= {
            name: row[name] for name in ("feature", "channel", "quantity") if row[name] is not None
        }
        return {
            "$insert_id": row["event_id"], "uuid": row["event_id"], "app": PROJECT, "amplitude_id": person,
            "device_id": f"device-{person}", "user_id": who, "event_type": row["event"], "event_time": at,
            "client_event_time": at, "client_upload_time": at, "server_received_time": at,
            "server_upload_time": at, "event_properties": properties, "user_properties": {},
            "groups": {"company": [machine]} if machine else {}, "group_properties": {},
            "platform": PLATFORMS[row["channel"]], "library": "simulated/1.0", "session_id": -1,
        }  # fmt: skip
