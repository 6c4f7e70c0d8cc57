"""An archive of files by source and day, `<source>/<ms since 1970>/<file>`: in a folder, or listed over
HTTP."""

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote

from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from pydantic import SecretStr

from assets.sources.api.client import ApiClient
from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.batches import UnitFile
from assets.sources.bulk.loading import BulkLoad
from assets.sources.bulk.no_export import instead_of_page
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.spool import CutOffError, spooled, whole_text
from assets.sources.connector import ConnectorError
from assets.sources.load_log import FileState

ROOT = "segment-logs"
_SUFFIXES = (".gz", ".json", ".jsonl")
_READ_BYTES = 1 << 20
_DAY_MILLISECONDS = 86_400_000


class ArchiveMissingError(ConnectorError):
    """There is no archive where one should be: a wrong place, or a disk or bucket that is not mounted."""


class Archive(ABC):
    """`place` names it for people, `remedy` what to do when it is empty."""

    place: str
    remedy: str

    def __init__(self, settings: UsageSettings, sources: tuple[str, ...]) -> None:
        self._settings, self._sources = settings, sources

    @abstractmethod
    def names(self, *below: str) -> list[str]:
        """Names in a folder of the archive, folders with a `/` at the end, sorted."""

    @abstractmethod
    def changed_files(self, load: BulkLoad) -> Iterator[UnitFile]:
        """Files that are not known as they are, oldest day first."""

    @abstractmethod
    def file(self, unit: str) -> UnitFile:
        """A file of the archive on this machine."""

    def days(self) -> list[tuple[str, date]]:
        """(source, day) of every folder to read, oldest day first. Raises `ArchiveMissingError` where there
        is none at all: what is not there says nothing, and was not looked at.
        """
        found = []
        for source in self.names():
            if not source.endswith("/") or (self._sources and source[:-1] not in self._sources):
                continue
            days = [day for name in self.names(source[:-1]) if (day := _day(name)) is not None]
            found += [(source[:-1], day) for day in days]
        if not found:
            raise ArchiveMissingError(f"{self.place} has no folders <source>/<day>; {self.remedy}")
        first = self._settings.start_on or date.min
        return sorted((each for each in found if each[1] >= first), key=lambda each: (each[1], each[0]))

    def units(self, source: str, day: date) -> list[str]:
        """Names of a day's files, below the archive's root."""
        folder = str(_milliseconds(day))
        return [
            f"{source}/{folder}/{name}"
            for name in self.names(source, folder)
            if name.endswith(_SUFFIXES) and not name.startswith((".", "_"))
        ]

    def newest_files(self, most: int) -> Iterator[UnitFile]:
        """A few files of the last days there are."""
        units = (unit for source, day in reversed(self.days()) for unit in self.units(source, day))
        return (self.file(unit) for unit in islice(units, most))


class FolderArchive(Archive):
    """A local folder. A file is known by its size and time, and when those differ, by its content."""

    remedy = "give the folder that holds them, or the one it is in, and see that it is mounted"

    def __init__(self, folder: Path, settings: UsageSettings, sources: tuple[str, ...]) -> None:
        super().__init__(settings, sources)
        self._root = folder / ROOT if (folder / ROOT).is_dir() else folder
        self.place = f"the folder {folder}"

    def names(self, *below: str) -> list[str]:
        folder = self._root.joinpath(*below)
        if not folder.is_dir():
            return []
        return sorted(f"{each.name}/" if each.is_dir() else each.name for each in folder.iterdir())

    def changed_files(self, load: BulkLoad) -> Iterator[UnitFile]:
        for source, day in self.days():
            for unit in self.units(source, day):
                status = (self._root / unit).stat()
                if load.is_known(unit, f"{status.st_size}:{status.st_mtime_ns}"):
                    load.pass_over(1)
                else:
                    yield self.file(unit)

    def file(self, unit: str) -> UnitFile:
        path = self._root / unit
        status = path.stat()
        stamp = f"{status.st_size}:{status.st_mtime_ns}"
        return UnitFile(unit, path, FileState(status.st_size, status.st_mtime_ns, stamp, _sha256(path)))


class HttpArchive(Archive):
    """Folders listed as pages of links, as file servers write them; `spool`: where files are put.

    An archived file never changes, so a known one is not asked for again, and a day that was over for
    `late_days` when something newer came is not listed again.
    """

    remedy = "check the base URL"

    def __init__(
        self,
        settings: UsageSettings,
        sources: tuple[str, ...],
        token: SecretStr,
        spool: Path | None,
        sleep: Sleep = time.sleep,
    ) -> None:
        super().__init__(settings, sources)
        given = token.get_secret_value()
        auth = BearerTokenAuth(token=given) if given else None
        self._client = ApiClient("segment", settings, auth=auth, sleep=sleep)
        self._spool, self._count, self._sleep = spool, 0, sleep
        self.place = "the archive's address"

    def names(self, *below: str) -> list[str]:
        links = _Links()
        links.feed(
            whole_text(
                lambda: self._client.get(_path(*below), stream=True),
                self._settings,
                what=f"the listing of {'/'.join((ROOT, *below))}",
                whole=_see_page,
                sleep=self._sleep,
            )
        )
        return sorted(links.names)

    def changed_files(self, load: BulkLoad) -> Iterator[UnitFile]:
        settled = self._settled(load)
        for source, day in self.days():
            if day < settled.get(source, date.min):
                continue
            for unit in self.units(source, day):
                if load.is_known(unit, unit):
                    load.pass_over(1)
                else:
                    yield self.file(unit)

    def file(self, unit: str) -> UnitFile:
        assert self._spool is not None
        self._count += 1
        target = self._spool / f"{self._count}{'.json' if not unit.endswith('.gz') else '.json.gz'}"
        path = spooled(
            lambda: self._client.get(_path(*unit.split("/")), stream=True),
            target,
            self._settings,
            what=unit,
            sleep=self._sleep,
        )
        return UnitFile(unit, path, FileState(path.stat().st_size, 0, unit, _sha256(path)), is_spooled=True)

    def _settled(self, load: BulkLoad) -> dict[str, date]:
        """By source, the first day that may still get files."""
        newest: dict[str, date] = {}
        for unit in load.known:
            source, folder, _ = unit.split("/", 2)
            day = _day(f"{folder}/")
            if day is not None and not load.is_refused(unit):
                newest[source] = max(day, newest.get(source, date.min))
        refused = {unit for unit in load.known if load.is_refused(unit)} | load.due
        for unit in refused:
            source, folder, _ = unit.split("/", 2)
            newest[source] = min(_day(f"{folder}/") or date.min, newest.get(source, date.min))
        return {source: day - timedelta(days=self._settings.late_days) for source, day in newest.items()}


def _see_page(text: str) -> None:
    """An error that comes with 200 would be a folder without files, and the folder's day be over."""
    if trouble := instead_of_page(text):
        raise CutOffError(trouble)


class _Links(HTMLParser):
    """Relative names that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = unquote(dict(attrs).get("href") or "") if tag == "a" else ""
        # Only what lies in the folder itself: no parents, no other host, no query that sorts the page.
        if target and "/" not in target.rstrip("/") and not target.startswith(("?", "#", ".")):
            self.names.add(target)


def _path(*parts: str) -> str:
    return "/".join((ROOT, *(quote(part, safe="") for part in parts)))


def _day(name: str) -> date | None:
    digits = name.removesuffix("/")
    if not name.endswith("/") or not digits.isdigit():
        return None
    try:
        return datetime.fromtimestamp(int(digits) / 1000, UTC).date()
    except (OverflowError, OSError, ValueError):
        return None


def _milliseconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * _DAY_MILLISECONDS


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
