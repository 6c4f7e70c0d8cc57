"""An API connector from its declarations: settings, tables, streams."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import dlt
from dlt.common.schema import Schema
from dlt.extract.source import DltSource

from assets.sources.api.errors import ApiError, failed
from assets.sources.api.extraction import Extraction, resources
from assets.sources.api.hints import declare_validity
from assets.sources.api.judging import Judge
from assets.sources.api.loading import load
from assets.sources.api.settings import ApiSettings
from assets.sources.api.streams import Reading, Stream
from assets.sources.api.tables import Table
from assets.sources.connector import Finding, Places, TableLoad, Tell

SettingsT = TypeVar("SettingsT", bound=ApiSettings)
_CHECKED_ROWS = 10


@dataclass(frozen=True)
class ApiConnector(Generic[SettingsT]):
    """`streams` makes the streams from settings, in the order in which they are read; it asks nothing yet.

    `further_checks`: what `check` looks at beside the first page of every stream.
    """

    system: str
    settings_type: type[SettingsT]
    tables: tuple[Table, ...]
    streams: Callable[[SettingsT], Sequence[Stream]]
    further_checks: Callable[[SettingsT], Iterable[Finding]] = lambda settings: ()

    @property
    def table_names(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.tables)

    def source(self, settings: SettingsT, extraction: Extraction | None = None) -> DltSource:
        """A dlt source that stands for itself: `dlt.pipeline(...).run(CONNECTOR.source(settings))`."""
        made = extraction or Extraction(datetime.now(UTC), package_rows=settings.package_rows)
        streams = [each for each in self.streams(settings) if made.includes(each.name)]
        schema = Schema(self.system)
        declare_validity(schema, self.tables)
        return dlt.source(lambda: list(resources(self.tables, streams, made)), schema=schema)()

    def check(self, settings: SettingsT) -> Iterable[Finding]:
        """Ask for a first small page of every stream: what is read is what must be permitted."""
        small = settings.model_copy(update={"page_size": min(settings.page_size, _CHECKED_ROWS)})
        for stream in self.streams(small):
            yield _first_page(stream)
        yield from self.further_checks(settings)

    def sample(
        self, settings: SettingsT, tables: Iterable[str], rows: int, *, now: datetime, tell: Tell
    ) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
        wanted = set(tables)
        small = settings.model_copy(update={"page_size": max(1, min(settings.page_size, rows))})
        for stream in self.streams(small):
            asked = [each for each in self.tables if each.name in wanted & set(stream.tables)]
            if asked:
                yield from _sampled(stream, asked, rows, now, tell)

    def load(
        self,
        warehouse: Path,
        settings: SettingsT,
        *,
        places: Places,
        now: datetime,
        tell: Tell,
    ) -> list[TableLoad]:
        return load(
            self.system,
            self.tables,
            self.streams(settings),
            lambda extraction: self.source(settings, extraction),
            settings,
            warehouse=warehouse,
            places=places,
            now=now,
            tell=tell,
        )


def attempt(subject: str, request: Callable[[], object], fine: str = "readable") -> Finding:
    """A finding from a request that works, or says why not."""
    try:
        request()
    except ApiError as error:
        return failed(subject, error)
    return Finding(subject, True, fine)


def _first_page(stream: Stream) -> Finding:
    reading = Reading(None, datetime.now(UTC), lambda message: None)
    found = attempt(stream.name, lambda: next(stream.read(reading), None))
    if found.is_fine and reading.left_out:
        return Finding(stream.name, True, "; ".join(reading.left_out), is_left_out=True)
    return found


def _sampled(
    stream: Stream, tables: Sequence[Table], rows: int, now: datetime, tell: Tell
) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    judges = {table.name: Judge(table, now.astimezone(UTC).replace(tzinfo=None)) for table in tables}
    for page in stream.read(Reading(None, now, tell)):
        for table, payloads in page.rows.items():
            if table in judges:
                judges[table].add(payloads)
        if all(judge.rows_in >= rows for judge in judges.values()):
            break
    for name, judge in judges.items():
        verdict = judge.verdict()
        judge.close()
        for rejected in verdict.rejected.slice(0, rows).to_pylist():
            tell(f"{name}: would be rejected: {rejected['key']}: {rejected['reason']}")
        yield name, verdict.loaded.slice(0, rows).to_pylist()
