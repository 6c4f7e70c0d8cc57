"""Writes a company as a drop folder: the contract's thirteen tables, one usage file a day."""

import gzip
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.company import Company
from simulator.effects import Effects
from simulator.scenario import Scenario, ScenarioError, to_date
from simulator.tables import TABLES
from simulator.truth import Truth

ENDINGS = {"parquet": ".parquet", "jsonl": ".jsonl.gz"}
FORMATS = tuple(ENDINGS)
# the product's catalogue, billing, what CSMs cost
OWN_TABLES = ("features", "subscriptions", "invoices", "csms")


class Writer:
    """Writes usage day by day and the other tables as they stand. Files are equal for equal companies, byte
    by byte."""

    def __init__(self, out: Path, file_format: str = "parquet") -> None:
        if file_format not in FORMATS:
            raise ScenarioError(f"format is {file_format!r}; it can be {' or '.join(FORMATS)}")
        self._out, self._format = out, file_format
        (out / "usage_events").mkdir(parents=True, exist_ok=True)

    def usage(self, day: int, table: pa.Table) -> None:
        stem = self._out / "usage_events" / to_date(day).isoformat()
        if self._format == "parquet":
            pq.write_table(
                table, f"{stem}.parquet", compression="zstd", compression_level=1, write_statistics=False
            )
        else:
            frame = pl.DataFrame(pl.from_arrow(table))
            self._lines(frame.with_columns(pl.col(pl.Categorical).cast(pl.String)), Path(f"{stem}.jsonl.gz"))

    def tables(self, company: Company) -> None:
        """The state of everything but usage at the end of the company's day."""
        for name in TABLES:
            frame = company.frame(name)
            if self._format == "parquet":
                frame.write_parquet(self._out / f"{name}.parquet", compression="zstd")
            else:
                self._lines(frame, self._out / f"{name}.jsonl.gz")

    def _lines(self, frame: pl.DataFrame, path: Path) -> None:
        moments = [
            pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            for name in frame.columns
            if _is_moment(frame, name)
        ]
        text = frame.with_columns(moments).write_ndjson()
        with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            packed.write(text.encode())


def write_own_tables(company: Company, out: Path) -> None:
    """Only the tables that no vendor's API carries, as of the end of the company's day."""
    out.mkdir(parents=True, exist_ok=True)
    for name in OWN_TABLES:
        partial = out / f"{name}.parquet.partial"
        company.frame(name).write_parquet(partial, compression="zstd")
        partial.rename(out / f"{name}.parquet")


def _is_moment(frame: pl.DataFrame, name: str) -> bool:
    return isinstance(frame.schema[name], pl.Datetime)


def _make_room(out: Path, *, replace: bool) -> None:
    """Nothing but a drop folder of this module's making is ever replaced."""
    if not out.exists():
        out.parent.mkdir(parents=True, exist_ok=True)
        return
    own = {"usage_events"} | {f"{table}{ending}" for table in TABLES for ending in ENDINGS.values()}
    strange = sorted(path.name for path in out.iterdir() if path.name not in own)
    if strange:
        raise ScenarioError(f"{out} holds {strange[0]}, which is not the simulator's: choose an empty folder")
    if any(out.iterdir()) and not replace:
        raise ScenarioError(f"{out} holds a drop folder already: choose an empty folder or ask to replace it")


def write(
    out: Path,
    *,
    accounts: int = 1000,
    csms: int | None = None,
    months: int = 18,
    seed: int = 7,
    end: date,
    automation_month: int | None = None,
    automation: str = "standing",
    intensity: float = 1.0,
    effects: Effects | None = None,
    file_format: str = "parquet",
    truth: Path | None = None,
    replace: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Simulate a company up to and with `end` and write its drop folder to `out`. Returns rows per table.

    `truth`: a folder outside `out` that gets what the warehouse must never read (latent health, hazards,
    effects, and the same company without automation). `progress` is called with (days done, days in all).
    Raises ScenarioError.
    """
    scenario = Scenario(
        end=end,
        accounts=accounts,
        csms=csms,
        months=months,
        seed=seed,
        automation_month=automation_month,
        automation=automation,
        intensity=intensity,
        effects=effects or Effects(),
    )
    if truth is not None and truth.absolute().is_relative_to(out.absolute()):
        raise ScenarioError("the truth must not be in the drop folder: give it a folder of its own")
    _make_room(out, replace=replace)
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    company = Company(scenario)
    writer = Writer(partial, file_format)
    known = Truth(company, truth) if truth is not None else None
    events, days = 0, scenario.last_day - scenario.first_day + 1
    # one day is written while the next is lived: both cores work, and two days are in memory at most
    with ThreadPoolExecutor(max_workers=1) as second_core:
        writing: Future[None] | None = None
        for number, day in enumerate(range(scenario.first_day, scenario.last_day + 1)):
            seen = company.step(day)
            if writing is not None:
                writing.result()
            if seen.usage is not None:
                writing = second_core.submit(writer.usage, day, seen.usage)
                events += seen.usage.num_rows
            if known is not None:
                known.step(seen)
            if progress is not None:
                progress(number + 1, days)
        if writing is not None:
            writing.result()
    writer.tables(company)
    if known is not None:
        known.close()
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)
    return {"usage_events": events} | {name: company.frame(name).height for name in TABLES}
