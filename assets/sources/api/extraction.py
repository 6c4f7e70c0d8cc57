"""Streams as dlt resources: pages judged, handed on as Arrow tables, cursors kept in the resource's state."""

import time
import traceback
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from assets.sources.api import doubts
from assets.sources.api.errors import (
    ApiError,
    CredentialsRefusedError,
    GaveUpError,
    UnexpectedAnswerError,
)
from assets.sources.api.hints import PART, marked, received_item, rejected_item
from assets.sources.api.judging import Judge, Verdict
from assets.sources.api.payloads import MISREAD
from assets.sources.api.streams import Cursor, Reading, Stream
from assets.sources.api.tables import Table
from assets.sources.api.taking_up import Stored, TakenUp, by_key, picked, taken_up
from assets.sources.connector import Tell
from assets.sources.load_log import RowCounts


@dataclass
class Extraction:
    """One load package in the making.

    `standing`: the rows of these keys as they stand in the warehouse, in the form of a verdict's good ones;
    a source by itself knows of none. `standing_keys`: of all rows of a table. `unresolved`: rows of a table
    in the quarantine; `taken_up`: tables for which they were judged again; `formless`: rows in there that
    cannot be judged. `finished`: streams read to their end. `unfinished`: those that stopped at
    `package_rows` and go on in the next package. `failures`: by stream; in a strict extraction (a dlt source
    used by itself) a failure is raised instead. `only`: the streams to read; None: all.
    """

    now: datetime
    tell: Tell = lambda message: None
    package_rows: int = 100_000
    shrink_limit: float = 0.8
    drift_limit: float = 0.5
    is_strict: bool = True
    only: frozenset[str] | None = None
    standing: Callable[[Table, Sequence[str]], pa.Table | None] = lambda table, keys: None
    standing_keys: Callable[[Table], Collection[str]] = lambda table: ()
    unresolved: Callable[[Table], Stored] = lambda table: ()
    formless: Callable[[Table], Stored] = lambda table: ()
    taken_up: set[str] = field(default_factory=set)
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
    again = _taken_up(tables, judges, extraction, started_at)
    settled: dict[str, set[str]] = {table.name: set() for table in tables}
    proven: set[str] = set()
    try:
        cursor, is_whole = _read(stream, judges, extraction, state.get("cursor"), settled, proven=proven)
        taken = {
            table: doubts.with_standing(table, judges[table.name].verdict(), extraction.standing)
            for table in tables
            if is_whole or not table.is_whole
        }
        for table in tables:
            limit, is_proven = extraction.shrink_limit, table.name in proven
            shrunk = doubts.shrunk(table, taken.get(table), state, limit, is_proven=is_proven)
            if shrunk is not None:
                _fail(stream, shrunk, extraction)
                del taken[table]
        for table, verdict in taken.items():
            yield from _items(stream, table, verdict, state, extraction, started_at=started_at)
            if table.name in again:
                yield from _resolved(again[table.name], verdict, started_at)
            if settled[table.name]:
                asked_again = picked(extraction.formless(table), settled[table.name])
                yield from _resolved(asked_again, verdict, started_at)
        drifted = [
            words
            for table, verdict in taken.items()
            if (words := doubts.drift(table, judges[table.name], verdict, extraction.drift_limit))
        ]
        if drifted:
            extraction.tell("; ".join(drifted))
            cursor = state.get("cursor")
            extraction.unfinished.discard(stream.name)
            extraction.finished.add(stream.name)
    finally:
        for judge in judges.values():
            judge.close()
    _remember(state, cursor, taken)


def _taken_up(
    tables: Sequence[Table], judges: Mapping[str, Judge], extraction: Extraction, now: datetime
) -> dict[str, TakenUp]:
    """Rows that were rejected when they came and are fit now, before what comes; of a whole listing all rows
    come again anyway.
    """
    found = {}
    for table in tables:
        if not table.is_whole and table.name not in extraction.taken_up:
            extraction.taken_up.add(table.name)
            again = taken_up(table, extraction.unresolved(table), now, extraction.package_rows)
            if again.payloads:
                judges[table.name].take_up(again.payloads)
                found[table.name] = again
    return found


def _read(
    stream: Stream,
    judges: Mapping[str, Judge],
    extraction: Extraction,
    cursor: Cursor,
    settled: Mapping[str, set[str]],
    *,
    proven: set[str],
) -> tuple[Cursor, bool]:
    """Judge page after page; the last cursor, and whether the stream was read to its end."""
    rows = told = repeated = 0
    try:
        reading = Reading(
            cursor,
            extraction.now,
            extraction.tell,
            standing=lambda name: extraction.standing_keys(judges[name].table),
            rejected=lambda name: by_key(extraction.formless(judges[name].table)),
        )
        for page in stream.read(reading):
            for table, payloads in page.rows.items():
                judges[table].add(payloads)
                rows += len(payloads)
            for table, keys in page.settled.items():
                settled[table].update(keys)
            proven.update(page.proven)
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
    if reading.left_out:
        return cursor, False
    extraction.finished.add(stream.name)
    return cursor, True


def _fail(stream: Stream, error: ApiError, extraction: Extraction, *, cause: Exception | None = None) -> None:
    if extraction.is_strict:
        raise error from cause
    extraction.failures[stream.name] = error
    extraction.finished.discard(stream.name)
    extraction.tell(f"{stream.name}: {error}")


def _items(
    stream: Stream,
    table: Table,
    verdict: Verdict,
    state: Mapping[str, Any],
    extraction: Extraction,
    *,
    started_at: datetime,
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
        f"{extraction.package}{PART}{stream.name}",
        table.name,
        verdict.counts,
        started_at=started_at,
        finished_at=extraction.moment,
    )


def _resolved(again: TakenUp, verdict: Verdict, moment: datetime) -> Iterator[Any]:
    rows = again.resolved(moment, verdict.rejected["key"].to_pylist())
    if rows is not None and rows.num_rows:
        yield rejected_item(rows)


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
