"""Segment's archive: every call a source received, in gzipped JSON lines by source and day.

Follows Segment's storage layout `segment-logs/<source>/<day in milliseconds since 1970>/<n>.gz` and the
common fields of its calls. `web` and `mobile` write moments as ISO text, `server` as milliseconds since 1970.
A session's start is a `page` (web) or `screen` (mobile) call of that name, any other event a `track` call;
the message id is the event's id. `server` also holds an `identify` for each new person and a `group` for each
new account.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from simulator.scenario import to_day
from simulator.vendors.event_lines import (
    Spelled,
    clock,
    first_of,
    lines,
    of_channels,
    seconds,
    text,
    together,
)
from simulator.vendors.identities import Identities
from simulator.vendors.split import Split
from simulator.vendors.view import Row, View

FOLDER = "segment-logs"
DAY_MILLISECONDS = 86_400_000
FILE_BYTES = 20_000_000  # of a file, before it is packed
SOURCES = {"web": ("ui",), "mobile": ("mobile",), "server": ("api", "integration")}
LIBRARIES = {
    "web": {"name": "analytics.js", "version": "npm:next-1.76.0"},
    "mobile": {"name": "analytics-ios", "version": "4.1.8"},
    "server": {"name": "analytics-python", "version": "2.3.3"},
}
VIEWS = {"web": "page", "mobile": "screen"}  # what a session's start is called there
SESSION = "session_started"
ADDRESS = "203.0.113.7"  # reserved for documentation
SENT_AFTER, RECEIVED_AFTER = 350, 900  # milliseconds
GROUP_UNKNOWN = 0.2  # people whose calls do not say their group
CRM_ID_UNKNOWN = 0.5  # groups without their id in the CRM


class SegmentArchive:
    """Writes days below `folder`, in order, each once, on the thread of `View.beside`."""

    def __init__(self, view: View, identities: Identities, split: Split | None) -> None:
        self._view, self._identities, self._split = view, identities, split
        self.folder = view.folder / FOLDER
        self._next = view.first_day
        self._groups: dict[str, str] = {}  # of a person, by user id
        self._accounts: dict[str, Row] = {}
        self._domains: dict[str | None, str] = {}  # accounts
        self._users: dict[str, str] = {}  # by address
        self._calls = {source: Spelled(partial(_call, source)) for source in SOURCES}
        self._callers = {
            name: Spelled(partial(self._caller, name))
            for name in ("user_id", "email", "account_id", "domain")
        }

    def write(self, until: date) -> None:
        """The files of all days up to and with `until` that are not there yet."""
        while self._next <= until:
            day, view = self._next, self._view
            came = view.newcomers("users", day), view.newcomers("accounts", day)
            view.beside.do(partial(self._write, day, *came))
            self._next += timedelta(days=1)

    def _write(self, day: date, users: list[Row], accounts: list[Row]) -> None:
        events = self._view.usage_table(day)
        known = b"".join((*self._identify_calls(day, users), *self._group_calls(day, accounts)))
        for source, channels in SOURCES.items():
            here = of_channels(events, channels)
            content = self._lines(source, day, here) if len(here) else b""
            content += known if source == "server" else b""
            if content:
                self._store(source, day, content)

    def _lines(self, source: str, day: date, events: pa.Table) -> bytes:
        if source == "server":
            at, begin, ends = (
                text(seconds(events)),
                "",
                [f"{ms:03d}" for ms in (0, SENT_AFTER, RECEIVED_AFTER)],
            )
        else:
            at, begin = clock(events), f'"{day}T'
            ends = [f'.{ms:03d}Z"' for ms in (0, SENT_AFTER, RECEIVED_AFTER)]
        moment = [(begin, at, end) for end in ends]
        return lines(
            '{"messageId":"', events["event_id"].combine_chunks(), '","timestamp":', *moment[0],
            ',"originalTimestamp":', *moment[0], ',"sentAt":', *moment[1], ',"receivedAt":', *moment[2],
            ',"properties":{"quantity":', pc.cast(events["quantity"].combine_chunks(), pa.string()),
            together(events, ("event", "feature", "channel", "properties", "domain"), self._calls[source]),
            first_of(events, self._callers), "}",
        )  # fmt: skip

    def _caller(self, kind: str, who: str) -> str:
        """Who called, as the end of the call's context and the ids beside it.

        A machine has an anonymous id only, and its group where the call knows the account.
        """
        user = who if kind == "user_id" else self._users.get(who)
        group = who if kind == "account_id" else self._group_of(user)
        context = {"groupId": group, "traits": {"email": who} if kind == "email" else None}
        anonymous = self._identities.uuid("segment", "anonymous", user or who)
        self._identities.remember("segment", "anonymous", anonymous, user or self._domains.get(who, who))
        ids = {"anonymousId": anonymous}
        if kind in ("user_id", "email"):
            self._identities.remember("segment", "user", who, user or who)
            ids["userId"] = who
        inner = _inner(_known(context))
        return f"{',' if inner else ''}{inner}}},{_inner(ids)}"

    def _group_of(self, user: str | None) -> str | None:
        """Most people's calls say it."""
        unknown = user is None or self._identities.share("segment", user, "group") < GROUP_UNKNOWN
        return None if unknown else self._groups.get(str(user))

    def _identify_calls(self, day: date, users: list[Row]) -> Iterable[bytes]:
        for user in users:
            self._groups[user["user_id"]] = user["account_id"]
            if user["email"]:
                self._users[user["email"]] = user["user_id"]
            traits = {"email": self._identities.email("segment", user["email"]), "name": user["name"],
                      "title": user["title"], "createdAt": _milliseconds(user["created_at"]),
                      "groupId": user["account_id"]}  # fmt: skip
            self._identities.remember("segment", "user", user["user_id"], user["user_id"])
            call = {"type": "identify", "userId": user["user_id"], "traits": _known(traits)}
            yield self._server_call(f"identify-{user['user_id']}", user["created_at"], day, call)

    def _group_calls(self, day: date, accounts: list[Row]) -> Iterable[bytes]:
        for account in accounts:
            key = account["account_id"]
            self._accounts[key] = account
            self._domains[account["domain"]] = key
            parent = self._accounts.get(account["parent_account_id"])
            domain = self._identities.domain("segment", account, parent)
            traits = {"name": self._identities.name("segment", key, account["name"]), "plan": account["plan"],
                      "website": f"https://www.{domain}" if domain else None, "domain": domain,
                      "employees": account["employees"], "industry": account["industry"],
                      "createdAt": _milliseconds(account["signed_up_at"]),
                      **self._crm_id(account)}  # fmt: skip
            self._identities.remember("segment", "group", key, key)
            call = {"type": "group", "groupId": key, "traits": _known(traits)}
            call["anonymousId"] = self._identities.uuid("segment", "anonymous", key)
            yield self._server_call(f"group-{key}", account["signed_up_at"], day, call)

    def _crm_id(self, account: Row) -> Row:
        """What sales passed on: half of the accounts carry their id in the CRM."""
        key, group = account["account_id"], account["parent_account_id"] or account["account_id"]
        if self._identities.share("segment", key, "crm id") < CRM_ID_UNKNOWN:
            return {}
        in_hubspot = self._identities.share("segment", group, "crm") < 0.5  # noqa: PLR2004 -- half of them
        if self._split is not None:
            in_hubspot = self._split.place("accounts", group) == "hubspot"
        if in_hubspot:
            return {"hubspot_id": str(self._identities.number("hubspot", "companies", key, digits=11))}
        return {"salesforce_id": self._identities.salesforce_id("Account", "001", key)}

    def _server_call(self, message: str, at: Any, day: date, call: Row) -> bytes:
        """Of a backend that tells of what came before its first day on that day."""
        moment = max(_milliseconds(at), to_day(day) * DAY_MILLISECONDS)
        times = {"timestamp": moment, "originalTimestamp": moment, "sentAt": moment + SENT_AFTER,
                 "receivedAt": moment + RECEIVED_AFTER}  # fmt: skip
        told = {"messageId": message, **times, **call, "channel": "server", "integrations": {},
                "projectId": "server", "version": 2, "context": {"library": LIBRARIES["server"]}}  # fmt: skip
        return f"{{{_inner(told)}}}\n".encode()

    def _store(self, source: str, day: date, content: bytes) -> None:
        folder = self.folder / source / str(to_day(day) * DAY_MILLISECONDS)
        folder.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(_parts(content), start=1):
            unfinished = folder / f"{number}.gz.partial"
            unfinished.write_bytes(gzip.compress(part, 1, mtime=0))
            unfinished.rename(folder / f"{number}.gz")


def _parts(content: bytes) -> Iterable[bytes]:
    """The content in pieces of about so many bytes, cut between lines."""
    start = 0
    while start < len(content):
        cut = content.find(b"\n", start + FILE_BYTES) + 1 or len(content)
        yield content[start:cut]
        start = cut


def _call(source: str, event: str, feature: str | None, *rest: Any) -> str:
    """What was called: the rest of the properties, the type and name, and the beginning of the context."""
    channel, properties, domain = rest
    more = json.loads(properties) if properties else {}
    told = {"channel": channel, **_known({"feature": feature, "company_domain": domain}), **more}
    viewed = VIEWS.get(source) if event == SESSION else None
    kind = {"type": viewed, "name": event} if viewed else {"type": "track", "event": event}
    by = "server" if source == "server" else "client"
    outer = {**kind, "channel": by, "integrations": {}, "projectId": source, "version": 2}
    context = {"library": LIBRARIES[source], "ip": ADDRESS, **_known({"userAgent": more.get("user_agent")})}
    return f',{_inner(told)}}},{_inner(outer)},"context":{{{_inner(context)}'


def _known(values: Mapping[str, Any]) -> Row:
    return {name: value for name, value in values.items() if value is not None}


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)


def _inner(values: Row) -> str:
    """The object without its braces."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))[1:-1]
