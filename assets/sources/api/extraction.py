"""Streams as dlt resources: pages judged, handed on as Arrow tables, cursors kept in the resource's state."""

import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from assets.sources.api.errors import (
    ApiError,
    CredentialsRefusedError,
    GaveUpError,
    ShrunkListingError,
    UnexpectedAnswerError,
)
from assets.sources.api.hints import marked, received_item, rejected_item
from assets.sources.api.judging import Judge, Verdict
from assets.sources.api.payloads import MISREAD
from assets.sources.api.streams import Cursor, Reading, Stream
from assets.sources.api.tables import Table
from assets.sources.connector import Tell
from assets.sources.load_log import RowCounts


@dataclass
class Extraction:
    """One load package in the making.

    `standing`: the rows of these keys as they stand in the warehouse, in the form of a verdict's good ones;
    a source by itself knows of none. `finished`: streams read to their end. `unfinished`: those that stopped
    at `package_rows` and go on in the next package. `failures`: by stream; in a strict extraction (a dlt
    source used by itself) a failure is raised instead. `only`: the streams to read; None: all.
    """

    now: datetime
    tell: Tell = lambda message: None
    package_rows: int = 100_000
    shrink_limit: float = 0.8
    is_strict: bool = True
    only: frozenset[str] | None = None
    standing: Callable[[Table, Sequence[str]], pa.Table | None] = lambda table, keys: None
    unfinished: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    failures: dict[str, ApiError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.package = uuid.uuid4().hex
        self._began = time.monotonic()

    @property
    def moment(self) -> datetime:
        """The load's time, moving on as it goes; naive UTC."""
        return (self.now + self._elapsed).astimezone(UTC).replace(tzinfo=None)

    @property
    def _elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._began)

    def includes(self, stream: str) -> bool:
        return self.only is None or stream in self.only

    def following(self) -> "Extraction":
        """The next package, of the streams that are not at their end yet."""
        return replace(self, only=frozenset(self.unfinished), unfinished=set(), now=self.now + self._elapsed)

    @property
    def is_hopeless(self) -> bool:
        return any(isinstance(each, CredentialsRefusedError) for each in self.failures.values())


def resources(
    tables: Sequence[Table], streams: Sequence[Stream], extraction: Extraction
) -> Iterator[DltResource]:
    """One dlt resource per stream."""
    declared = {table.name: table for table in tables}
    for stream in streams:
        of_stream = [declared[name] for name in stream.tables]
        yield dlt.resource(_extract, name=stream.name)(stream, of_stream, extraction)


def _extract(stream: Stream, tables: Sequence[Table], extraction: Extraction) -> Iterator[Any]:
    if extraction.is_hopeless:
        return
    state: dict[str, Any] = dlt.current.resource_state(stream.name)
    started_at = extraction.moment
    judges = {
        table.name: Judge(table, started_at, state.get("seen", {}).get(table.name, {})) for table in tables
    }
    try:
        cursor, is_whole = _read(stream, judges, extraction, state.get("cursor"))
        taken = {
            table: _with_standing(table, judges[table.name].verdict(), extraction)
            for table in tables
            if is_whole or not table.is_whole
        }
        for table in tables:
            if table in taken and not _is_plausible(table, taken[table], state, stream, extraction):
                del taken[table]
        for table, verdict in taken.items():
            yield from _items(table, verdict, state, extraction, started_at)
    finally:
        for judge in judges.values():
            judge.close()
    _remember(state, cursor, taken)


def _read(
    stream: Stream, judges: Mapping[str, Judge], extraction: Extraction, cursor: Cursor
) -> tuple[Cursor, bool]:
    """Judge page after page; the last cursor, and whether the stream was read to its end."""
    rows = told = repeated = 0
    try:
        for page in stream.read(Reading(cursor, extraction.now, extraction.tell)):
            for table, payloads in page.rows.items():
                judges[table].add(payloads)
                rows += len(payloads)
            if rows >= told + _ROWS_BETWEEN_WORDS:
                told = rows
                extraction.tell(f"{stream.name}: {rows:,} rows read")
            if page.cursor is not None:
                repeated = repeated + 1 if page.cursor == cursor and page.rows else 0
                if repeated >= _MOST_REPEATED:
                    raise GaveUpError(_STUCK)
                cursor = page.cursor
                if rows >= extraction.package_rows:
                    extraction.unfinished.add(stream.name)
                    return cursor, False
    except ApiError as error:
        _fail(stream, error, extraction)
        return cursor, False
    except MISREAD as error:
        # Its text may hold data, so it is not told.
        *_, place = traceback.extract_tb(error.__traceback__)
        where = f"{Path(place.filename).name}, line {place.lineno}"
        words = f"an answer is not in the form that was expected ({type(error).__name__} in {where})"
        _fail(stream, UnexpectedAnswerError(f"{words}; what came before is kept"), extraction, cause=error)
        return cursor, False
    extraction.finished.add(stream.name)
    return cursor, True


def _with_standing(table: Table, verdict: Verdict, extraction: Extraction) -> Verdict:
    """A rejected row of a whole listing says that there is one: what stands of it stays as it is."""
    if not table.is_whole or not verdict.spoilt:
        return verdict
    kept = extraction.standing(table, verdict.spoilt)
    return verdict if kept is None else replace(verdict, loaded=pa.concat_tables([verdict.loaded, kept]))


def _is_plausible(
    table: Table, verdict: Verdict, state: Mapping[str, Any], stream: Stream, extraction: Extraction
) -> bool:
    """Whether a whole listing may take the place of what stands."""
    stands = int(state.get("stands", {}).get(table.name, 0))
    came = verdict.loaded.num_rows
    if not table.is_whole or came >= stands * extraction.shrink_limit:
        return True
    good, quarantined = verdict.counts.rows_loaded, verdict.counts.rows_quarantined
    _fail(
        stream,
        ShrunkListingError(
            f"{table.name} came with {good} good rows ({quarantined} were rejected) where {stands} stand: "
            "this looks truncated and is not loaded; if so many are gone, set shrink_limit to 0 for one load"
        ),
        extraction,
    )
    return False


def _fail(stream: Stream, error: ApiError, extraction: Extraction, *, cause: Exception | None = None) -> None:
    if extraction.is_strict:
        raise error from cause
    extraction.failures[stream.name] = error
    extraction.finished.discard(stream.name)
    extraction.tell(f"{stream.name}: {error}")


def _items(
    table: Table, verdict: Verdict, state: Mapping[str, Any], extraction: Extraction, started_at: datetime
) -> Iterator[Any]:
    is_news = verdict.loaded.num_rows > 0
    if table.is_whole:
        is_news = verdict.content != state.get("listed", {}).get(table.name, "")
    if verdict.counts == _NOTHING and not is_news:
        return
    if is_news:
        # Also an empty listing: nothing is left of what stood.
        yield marked(table, verdict.loaded)
    elif table.is_whole:
        verdict = verdict.as_unchanged()
    if verdict.rejected.num_rows:
        package = pa.array([extraction.package] * verdict.rejected.num_rows, pa.string())
        yield rejected_item(verdict.rejected.append_column("_package", package))
    yield received_item(
        extraction.package, table.name, verdict.counts, started_at=started_at, finished_at=extraction.moment
    )


def _remember(state: dict[str, Any], cursor: Cursor, verdicts: Mapping[Table, Verdict]) -> None:
    """After the rows: state is committed with the package they are in. Unchanged state loads nothing."""
    if cursor is not None and cursor != state.get("cursor"):
        state["cursor"] = cursor
    for table, verdict in verdicts.items():
        if table.is_whole and verdict.content != state.get("listed", {}).get(table.name, ""):
            state.setdefault("stands", {})[table.name] = verdict.loaded.num_rows
            state.setdefault("listed", {})[table.name] = verdict.content
        if table.changed_at is not None and verdict.counts != _NOTHING:
            state.setdefault("seen", {})[table.name] = dict(verdict.seen)


_NOTHING = RowCounts(0, 0, 0, 0)
_ROWS_BETWEEN_WORDS = 10_000
# A vendor may give a page twice; one that never moves on would be asked for ever.
_MOST_REPEATED = 20
_STUCK = (
    f"the vendor gave the same cursor {_MOST_REPEATED} times in a row; what came is kept, run again later"
)
