"""Rows the company has written so far, as arrays per day; made into frames when somebody asks."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import polars as pl

NONE = -(2**62)  # a moment or day that has not come

SECOND, DAY = pl.Datetime("us"), pl.Date
Schema = dict[str, Any]


def moments(seconds: Any) -> pl.Series:
    """Seconds since 1970 as UTC timestamps; NONE as null."""
    values = np.asarray(seconds, dtype=np.int64)
    known = values > NONE
    series = pl.Series(np.where(known, values, 0) * 1_000_000).cast(SECOND)
    return _blank(series, known)


def dates(days: Any) -> pl.Series:
    values = np.asarray(days, dtype=np.int64)
    known = values > NONE
    return _blank(pl.Series(np.where(known, values, 0).astype(np.int32)).cast(DAY), known)


def _blank(series: pl.Series, known: np.ndarray) -> pl.Series:
    return series.zip_with(pl.Series(known), pl.Series([None], dtype=series.dtype))


def column(values: Any, dtype: Any) -> pl.Series:
    """Numbers, text or nulls as a typed column. NaN is null."""
    if dtype == SECOND:
        return moments(values)
    if dtype == DAY:
        return dates(values)
    series = pl.Series(values, strict=False) if len(values) else pl.Series([], dtype=dtype)
    if series.dtype in (pl.Float64, pl.Float32):
        series = series.fill_nan(None)
    return series.cast(dtype)


class Ledger:
    """Append-only tables. `add` takes one array or list per column of the table's schema, and keeps it: what
    was added is typed when somebody asks for the table, all of it at once.
    """

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas
        self._typed = {table: pl.DataFrame(schema=schema) for table, schema in schemas.items()}
        self._added: dict[str, list[dict[str, Any]]] = {table: [] for table in schemas}
        self.counts: dict[str, int] = dict.fromkeys(schemas, 0)

    def add(self, table: str, rows: int, columns: dict[str, Any]) -> None:
        if not rows:
            return
        self._added[table].append(columns)
        self.counts[table] += rows

    def frame(self, table: str) -> pl.DataFrame:
        added, schema = self._added[table], self._schemas[table]
        if added:
            new = {name: column(_joined(part[name] for part in added), to) for name, to in schema.items()}
            self._typed[table] = pl.concat([self._typed[table], pl.DataFrame(new)], rechunk=True)
            self._added[table] = []
        return self._typed[table]

    def numbers(self, table: str, rows: int, letter: str) -> list[str]:
        """Identifiers for the next rows of a table."""
        first = self.counts[table] + 1
        return [f"{letter}{number:07d}" for number in range(first, first + rows)]


def _joined(parts: Iterable[Any]) -> Any:
    """Arrays as one array, anything else as one list."""
    every = list(parts)
    if all(isinstance(part, np.ndarray) for part in every):
        return np.concatenate(every)
    return list(chain.from_iterable(every))


def choose(options: Iterable[str], index: Any) -> list[str]:
    """Text per index."""
    values = tuple(options)
    return [values[each] for each in np.asarray(index).tolist()]
