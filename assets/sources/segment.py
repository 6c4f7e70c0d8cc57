"""Segment: the archive of calls that its storage destination writes, gzipped JSON lines in files by source
and day.

`segment-logs/<source>/<day the call was received, ms since 1970>/<file>.gz`, a local folder or a base URL
that lists its folders as pages of links:

a line, one call (track, page, screen, identify, group, alias)  →  raw_segment.events
what calls say of people and accounts                           →  raw_segment.traits
what breaks a rule, and files that are damaged                  →  raw_segment._quarantine

A file is a unit: read again when it changed, replaced as a whole. Calls as in Segment's "Spec: Common
Fields". Runs alone: `python -m assets.sources.segment --help`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from assets.sources.api.errors import ApiError, failed
from assets.sources.bulk.ahead import Sleep, Wanted
from assets.sources.bulk.archive import Archive, ArchiveMissingError, FolderArchive, HttpArchive
from assets.sources.bulk.batches import take_files
from assets.sources.bulk.event_properties import property_fields
from assets.sources.bulk.loading import bulk_load
from assets.sources.bulk.sampling import sampled
from assets.sources.bulk.schema import TRAITS, EventTable, Field, Rule, Trait, text_at
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.spool import spool_folder, temporary_folder
from assets.sources.bulk.staging import Export
from assets.sources.connector import ConnectorError, Finding, Places, TableLoad, Tell
from assets.sources.kinds import Kind

# The rest is kept in `extra`; versions, project and key of the source are not.
READ_KEYS = frozenset(
    {
        *("messageId", "type", "event", "name", "userId", "anonymousId", "groupId"),
        *("timestamp", "sentAt", "receivedAt", "originalTimestamp", "channel", "integrations"),
        *("properties", "traits", "context", "version", "projectId", "writeKey"),
    }
)
SYSTEM = "segment"
CALLS = ("track", "page", "screen", "identify", "group", "alias")


class ArchiveNotGivenError(ConnectorError):
    """Neither a folder nor a base URL says where the archive is."""


class Settings(UsageSettings):
    """`folder`: where the archive lies on this machine (the folder `segment-logs` or the one it is in); or
    `base_url`, and `token` sent to it as bearer. `sources`: ids of the sources to read, all when empty.
    `user_traits`, `group_traits`: what of identify and group calls is kept as traits; ids in other systems
    belong there too.
    """

    base_url: str = ""
    folder: Path | None = None
    token: SecretStr = SecretStr("")
    sources: tuple[str, ...] = ()
    user_traits: tuple[str, ...] = ("email", "name", "role", "title", "createdAt")
    group_traits: tuple[str, ...] = (
        *("name", "domain", "website", "plan", "employees", "industry", "createdAt"),
        *("configuration", "salesforce_id", "hubspot_id"),
    )


def events_table(settings: Settings) -> EventTable:
    moments = {"sent_at": "sentAt", "received_at": "receivedAt", "original_timestamp": "originalTimestamp"}
    users = [Trait("user", "user_id", name, _said("identify", name)) for name in settings.user_traits]
    groups = [Trait("group", "group_id", name, _said("group", name)) for name in settings.group_traits]
    return EventTable(
        "events",
        key="message_id",
        occurred_at="timestamp",
        fields=(
            Field("message_id", Kind.IDENTIFIER, ("/messageId",), is_required=True),
            Field("type", Kind.IDENTIFIER, ("/type",), is_required=True, values=CALLS),
            Field("event", Kind.IDENTIFIER, ("/event",)),
            Field("name", Kind.TEXT, ("/name",)),
            Field("user_id", Kind.IDENTIFIER, ("/userId",)),
            Field("anonymous_id", Kind.TEXT, ("/anonymousId",)),
            Field(
                "group_id",
                Kind.IDENTIFIER,
                ("/groupId", "/context/groupId", "/traits/groupId", "/traits/company/id"),
            ),
            Field(
                "timestamp",
                Kind.TIMESTAMP,
                ("/timestamp", "/originalTimestamp", "/sentAt"),
                is_required=True,
                is_epoch=True,
                is_past=True,
            ),
            *(Field(name, Kind.TIMESTAMP, (f"/{key}",), is_epoch=True) for name, key in moments.items()),
            Field("library", Kind.TEXT, ("/context/library/name",), is_lenient=True),
            Field("channel", Kind.TEXT, ("/channel",), is_lenient=True),
            *property_fields(settings, "properties", email=("/traits/email", "/context/traits/email")),
            Field("properties", Kind.JSON, ("/properties",)),
            Field("traits", Kind.JSON, ("/traits",)),
            Field("context", Kind.JSON, ("/context",)),
            Field("integrations", Kind.JSON, ("/integrations",), is_lenient=True),
        ),
        read_keys=READ_KEYS,
        rules=(
            Rule("type = 'track' and event is null", "a track call without an event"),
            Rule("type = 'group' and group_id is null", "a group call without a groupId"),
            Rule(
                "type = 'identify' and user_id is null and anonymous_id is null", "an identify call of nobody"
            ),
        ),
        traits=(*users, Trait("user", "user_id", "group_id", "group_id"), *groups),
    )


def _said(call: str, trait: str) -> str:
    column = "coalesce(email, {})" if (call, trait) == ("identify", "email") else "{}"
    return column.format(f"case when type = '{call}' then {text_at('traits', trait)} end")


class Segment:
    """See `assets.sources.connector.Connector`."""

    system = SYSTEM
    settings_type = Settings
    table_names = ("events", TRAITS)

    def check(self, settings: Settings) -> list[Finding]:
        try:
            days = _archive(settings, None).days()
        except ArchiveMissingError as error:
            return [Finding("archive", False, str(error))]
        except ApiError as error:
            return [failed("archive", error)]
        if not days:
            return [Finding("archive", True, f"nothing since {settings.start_on} yet")]
        sources = {source for source, _ in days}
        newest = max(day for _, day in days)
        return [Finding("archive", True, f"{len(sources)} sources, newest day {newest}")]

    def sample(
        self, settings: Settings, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        with temporary_folder() as folder:
            newest = list(_archive(settings, folder).newest_files(1))
            exports = [Export({each.path: each.unit for each in newest})]
            found = sampled(self.system, settings, events_table(settings), exports, rows, now=now)
        yield from ((name, found[name]) for name in (*tables, "_quarantine") if name in found)

    def load(
        self, warehouse: Path, settings: Settings, *, places: Places, now: datetime, tell: Tell
    ) -> list[TableLoad]:
        table = events_table(settings)
        with (
            spool_folder(places.state, self.system) as folder,
            bulk_load(warehouse, self.system, table, settings, places=places, now=now, tell=tell) as load,
        ):
            wanted = Wanted()
            archive = _archive(settings, folder, wanted.sleep)
            take_files(load, archive.changed_files(load), wanted)
            return load.result()


def _archive(settings: Settings, spool: Path | None, sleep: Sleep = time.sleep) -> Archive:
    if settings.folder is not None:
        return FolderArchive(settings.folder, settings, settings.sources)
    if settings.base_url:
        return HttpArchive(settings, settings.sources, settings.token, spool, sleep)
    raise ArchiveNotGivenError(
        "set TIERLINE_SEGMENT_FOLDER to the archive's folder, or TIERLINE_SEGMENT_BASE_URL to its address"
    )


CONNECTOR = Segment()

if __name__ == "__main__":
    from assets.sources.command import main

    main(CONNECTOR)
