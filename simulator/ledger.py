"""Rows the company has written so far, as arrays per day; made into frames when somebody asks."""

from collections.abc import Iterable
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
    return pl.select(pl.when(pl.Series(known)).then(series)).to_series()


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
    """Append-only tables. `add` takes one array or list per column of the table's schema."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas
        self._parts: dict[str, list[pl.DataFrame]] = {table: [] for table in schemas}
        self.counts: dict[str, int] = dict.fromkeys(schemas, 0)

    def add(self, table: str, rows: int, columns: dict[str, Any]) -> None:
        if not rows:
            return
        schema = self._schemas[table]
        frame = pl.DataFrame({name: column(columns[name], dtype) for name, dtype in schema.items()})
        self._parts[table].append(frame)
        self.counts[table] += rows

    def frame(self, table: str) -> pl.DataFrame:
        parts = self._parts[table]
        if len(parts) > 1:
            self._parts[table] = parts = [pl.concat(parts, rechunk=True)]
        return parts[0] if parts else pl.DataFrame(schema=self._schemas[table])

    def numbers(self, table: str, rows: int, letter: str) -> list[str]:
        """Identifiers for the next rows of a table."""
        first = self.counts[table] + 1
        return [f"{letter}{number:07d}" for number in range(first, first + rows)]


def choose(options: Iterable[str], index: Any) -> list[str]:
    """Text per index."""
    values = tuple(options)
    return [values[each] for each in np.asarray(index).tolist()]
