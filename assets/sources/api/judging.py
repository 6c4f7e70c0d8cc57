"""Payloads to typed rows with a verdict, in batches: fit for the raw table, or all reasons why not."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from assets.sources.api import judging_sql
from assets.sources.api.payloads import Payload, Spoilt, digest, encoded, fields_read, rest
from assets.sources.api.tables import DIGEST, EXTRA, LOADED_AT, Column, Table
from assets.sources.api.texts import ColumnTexts, unicode
from assets.sources.kinds import Kind
from assets.sources.load_log import RowCounts
from assets.sources.sql import literal, one_row, quoted

BATCH_ROWS = 10_000
# More rows than that at the latest moments are read as changed again, once.
_MOST_SEEN = 5_000
# Few, so that they are still in the processor's caches when the next column reads them.
_CHUNK_ROWS = 50
_DESCRIBED = ("payload", "extra", "digest", "problem")
_Described = tuple[bytes, bytes | None, str, str | None]


class UnjudgedRowsError(RuntimeError):
    """Rows that were taken in could not be judged: a fault of ours, after which no reading is kept."""


@dataclass(frozen=True)
class Verdict:
    """What became of a table's rows. `seen` names the rows at the latest moments, for the next reading.

    `spoilt`: keys of which only rejected rows came. `content`: equal for readings that gave the same good
    rows and the same spoilt keys, in whatever order.
    `rejected`: source_table, key, reason, payload, _loaded_at, resolved_at, is_judged.
    """

    loaded: pa.Table
    rejected: pa.Table
    counts: RowCounts
    seen: Mapping[str, str]
    content: str
    spoilt: tuple[str, ...] = ()

    def as_unchanged(self) -> "Verdict":
        """All good rows stand already."""
        counts = self.counts
        known = RowCounts(
            counts.rows_in, 0, counts.rows_loaded + counts.rows_duplicate, counts.rows_quarantined
        )
        return replace(self, loaded=self.loaded.slice(0, 0), counts=known)


@dataclass
class Judge:
    """Takes a table's payloads in, in order, and gives its verdict on all of them at the end.

    Uses temporary tables of its own connection. `seen`: key and digest of rows that the reading before had
    last; those that come again unchanged are duplicates.
    """

    table: Table
    loaded_at: datetime
    seen: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows_in = self.rows_taken_up = 0
        self._waiting: list[_Described] = []
        self._columns = [ColumnTexts(column) for column in self.table.columns]
        self._fields = fields_read(self.table)
        self._worker: ThreadPoolExecutor | None = None
        self._judging: Future[None] | None = None

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Opened with the first rows: most readings of most tables have none."""
        connection = duckdb.connect(config={"threads": 1})
        connection.execute("set timezone = 'UTC'")
        # There are none to find, and looking for them takes most of the planning.
        connection.execute("set disabled_optimizers = 'common_subexpressions'")
        connection.execute(judging_sql.ddl(self.table))
        return connection

    @cached_property
    def _statement(self) -> str:
        return judging_sql.judge(self.table)

    def add(self, payloads: Iterable[Payload | Spoilt]) -> None:
        waiting = iter(payloads)
        while chunk := list(islice(waiting, min(_CHUNK_ROWS, BATCH_ROWS - len(self._waiting)))):
            described, read = zip(*map(self._described, chunk), strict=True)
            with _ours():
                for column in self._columns:
                    column.read(read)
            self._waiting += described
            self.rows_in += len(chunk)
            if len(self._waiting) >= BATCH_ROWS:
                self._judge()

    def take_up(self, payloads: Iterable[Payload]) -> None:
        """Before all others: rows that came with an earlier reading."""
        self.add(payloads)
        self.rows_taken_up = self.rows_in

    def fit_positions(self) -> list[int]:
        """Which of the rows taken in, counted from 0, break no rule; instead of a verdict."""
        self._judge()
        self._settle()
        query = "select position - 1 from judged where not is_rejected order by position"
        return [int(position) for (position,) in self._connection.execute(query).fetchall()]

    def _described(self, payload: object) -> tuple[_Described, Payload]:
        """A row of the batch, and what its columns are read of."""
        given, problem = (payload.payload, payload.reason) if isinstance(payload, Spoilt) else (payload, None)
        if not isinstance(given, dict | Mapping):
            text = encoded(given)
            return (text, None, digest(text), problem or "the row is no object"), {}
        kept = dict(given)
        for name in self.table.ignored:
            kept.pop(name, None)
        text, left = encoded(kept), rest(kept, self._fields)
        content = digest(text)
        if self.table.unversioned:
            content = digest(encoded({n: kept[n] for n in kept.keys() - set(self.table.unversioned)}))
        return (text, encoded(left) if left else None, content, problem), kept

    def verdict(self) -> Verdict:
        """The account of all rows taken in; call once."""
        # An empty listing has to say of what columns.
        if not self.rows_in and not self.table.is_whole:
            return Verdict(_NONE, _NONE, RowCounts(0, 0, 0, 0), dict(self.seen), "")
        self._judge()
        self._settle()
        self._connection.register(
            "seen", pa.table({"key": list(self.seen), "digest": list(self.seen.values())}, _SEEN)
        )
        self._connection.execute(
            """
            create table latest as
            select position, key, digest,
                exists (from seen where seen.key = judged.key and seen.digest = judged.digest) as is_known
            from judged where not is_rejected
            qualify row_number() over (partition by key order by position desc) = 1
            """
        )
        loaded = self._loaded()
        rejected = self._rejected()
        counts = self._counts(loaded.num_rows)
        return Verdict(loaded, rejected, counts, self._latest_seen(), self._content(), self._spoilt())

    def close(self) -> None:
        if self._worker is not None:
            self._worker.shutdown()
        if "_connection" in vars(self):
            self._connection.close()

    def _judge(self) -> None:
        """Hand on the rows that wait; DuckDB works on them while the next ones are taken in."""
        if not self._waiting:
            return
        batch = self._batch()
        self._waiting.clear()
        for column in self._columns:
            column.clear()
        self._settle()
        self._worker = self._worker or ThreadPoolExecutor(1, thread_name_prefix="judge")
        self._judging = self._worker.submit(self._judge_batch, batch)

    def _settle(self) -> None:
        """All that was handed on is judged, or raises."""
        judging, self._judging = self._judging, None
        if judging is not None:
            with _ours():
                judging.result()

    def _judge_batch(self, batch: pa.Table) -> None:
        known = self._rows_rejected()
        self._connection.register("batch", batch)
        self._connection.execute(self._statement)
        if self._rows_rejected() > known:
            self._connection.execute(judging_sql.give_reasons(self.table))
        self._connection.unregister("batch")

    def _batch(self) -> pa.Table:
        first = self.rows_in - len(self._waiting) + 1
        arrays = {"position": pa.array(range(first, self.rows_in + 1), pa.int64())}
        arrays |= dict(zip(_DESCRIBED, map(unicode, zip(*self._waiting, strict=True)), strict=True))
        for each in self._columns:
            texts, misfits = each.arrays()
            arrays |= {f"t_{each.column.name}": texts, f"m_{each.column.name}": misfits}
        return pa.table(arrays)

    def _rows_rejected(self) -> int:
        return int(one_row(self._connection, "select count(*) from judged where is_rejected")[0])

    def _loaded(self) -> pa.Table:
        columns = ", ".join(_for_arrow(column) for column in self.table.columns)
        return self._arrow(
            f"""
            select {columns}, extra as {EXTRA}, digest as {DIGEST}, ?::timestamp as {LOADED_AT}
            from judged semi join (from latest where not is_known) as new on new.position = judged.position
            """,
            [self.loaded_at],
        )

    def _rejected(self) -> pa.Table:
        """The last rejected row of each key; resolved where a good row of the key came after it."""
        return self._arrow(
            f"""
            with rejected as (
                select *, coalesce(key, 'row ' || digest) as listed_as
                from judged join reasons using (position)
                qualify row_number() over (partition by listed_as order by position desc) = 1
            )

            select {literal(self.table.name)} as source_table, rejected.listed_as as key,
                array_to_string(rejected.reasons, '; ') as reason, rejected.payload,
                ?::timestamp as {LOADED_AT},
                case when latest.position > rejected.position then ?::timestamp end as resolved_at,
                rejected.is_judged
            from rejected left join latest on latest.key = rejected.key
            order by rejected.position
            """,
            [self.loaded_at, self.loaded_at],
        )

    def _counts(self, loaded: int) -> RowCounts:
        query = "select count(*), count(*) filter (where is_rejected) from judged"
        judged, quarantined = map(int, one_row(self._connection, query))
        if judged != self.rows_in:
            raise UnjudgedRowsError(f"of {self.rows_in:,} rows of {self.table.name} {judged:,} were judged")
        return RowCounts(self.rows_in, loaded, judged - loaded - quarantined, quarantined)

    def _latest_seen(self) -> dict[str, str]:
        """Key and digest of the rows that a reading from the latest moment on would give again."""
        if self.table.changed_at is None or not self.rows_in:
            return dict(self.seen)
        moment = f"coalesce({quoted(self.table.changed_at)}::timestamp, timestamp '-infinity')"
        back = int(self.table.overlap.total_seconds())
        rows = self._connection.execute(
            f"""
            with moments as (
                select position, key, digest, {moment} as changed
                from judged semi join latest on latest.position = judged.position
                where position > {self.rows_taken_up}
            )

            select key, digest from moments
            where changed >= (select max(changed) from moments) - interval {back} second
            order by position desc limit {_MOST_SEEN}
            """
        ).fetchall()
        return {str(key): str(content) for key, content in rows} or dict(self.seen)

    def _content(self) -> str:
        names = f"select digest as name from latest union all select 'spoilt ' || key from ({_SPOILT})"
        query = f"select coalesce(md5(string_agg(name, '' order by name)), '') from ({names})"
        return str(one_row(self._connection, query)[0])

    def _spoilt(self) -> tuple[str, ...]:
        rows = self._connection.execute(f"{_SPOILT} order by 1").fetchall()
        return tuple(str(key) for (key,) in rows)

    def _arrow(self, sql: str, parameters: list[Any]) -> pa.Table:
        return self._connection.sql(sql, params=parameters).to_arrow_table()


@contextmanager
def _ours() -> Iterator[None]:
    """An error in here is never taken for an odd answer, whose reading ends there and counts up to there."""
    try:
        yield
    except Exception as error:
        raise UnjudgedRowsError(f"rows could not be judged: {type(error).__name__}") from error


# With a column: of a table without any, Arrow slices rows that are not there.
_NONE = pa.table({"key": pa.array([], pa.string())})
_SPOILT = (
    "select distinct key from judged where is_rejected and key is not null"
    " and key not in (select key from latest)"
)
_SEEN = pa.schema([("key", pa.string()), ("digest", pa.string())])


def _for_arrow(column: Column) -> str:
    name = quoted(column.name)
    return f"{name}::varchar as {name}" if column.kind is Kind.JSON else name
