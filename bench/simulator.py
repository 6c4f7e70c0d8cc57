"""How fast the simulator writes usage events, beside a plain numpy -> parquet write of as many rows.

    python -m bench.simulator                         a tenth of the full size
    python -m bench.simulator --full                  10,000 accounts, 100 million events

The reference is the least that any generator must do: draw random codes with numpy, wrap them as Arrow
columns of the same types with one identifier per row, write them with the same Parquet settings, a day at a
time, in one thread. It knows nobody, remembers nothing and has no truth.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from simulator.drop_folder import Writer, write
from simulator.event_rows import SCHEMA

END = date(2026, 10, 31)
MONTHS = 12
FULL_ACCOUNTS, FULL_INTENSITY = 10_000, 3.65  # just above 100 million events
VISIT_ROWS = 7  # events of one visitor on one day
MIB = 2**20


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _reference(out: Path, events: int, days: int) -> float:
    """Seconds for the named reference."""
    writer, rng = Writer(out), np.random.default_rng(7)
    rows = events // days
    texts = pa.array([f"value_{number:06d}" for number in range(max(rows // VISIT_ROWS, 40))])
    identifiers = ("account_id", "user_id", "email", "domain")
    started = time.perf_counter()
    for day in range(days):
        seconds = np.sort(rng.integers(day * 86400, (day + 1) * 86400, rows)) * 1_000_000
        identified_by = rng.integers(0, len(identifiers), rows)
        columns: list[pa.Array] = []
        for each in SCHEMA:
            if each.name == "event_id":
                columns.append(pa.array(np.arange(day * rows, (day + 1) * rows)).cast(pa.string()))
            elif each.name == "occurred_at":
                columns.append(pa.array(seconds, type=each.type))
            elif each.name == "quantity":
                columns.append(pa.array(rng.integers(1, 50, rows, dtype=np.int32)))
            elif each.name in identifiers:
                codes = rng.integers(0, len(texts), rows, dtype=np.int32)
                mask = identified_by != identifiers.index(each.name)
                columns.append(pa.DictionaryArray.from_arrays(pa.array(codes, mask=mask), texts))
            else:
                codes = rng.integers(0, 40, rows, dtype=np.int32)
                columns.append(pa.DictionaryArray.from_arrays(pa.array(codes), texts[:40]))
        writer.usage(day, pa.Table.from_arrays(columns, schema=SCHEMA))
    return time.perf_counter() - started


def _line(name: str, events: int, seconds: float, size: int) -> str:
    return f"{name:<34} {events:>12,} {seconds:>9.1f} {events / seconds:>14,.0f} {size / MIB:>10,.0f}\n"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.simulator", description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--intensity", type=float, default=FULL_INTENSITY)
    given = parser.parse_args()
    accounts = given.accounts or (FULL_ACCOUNTS if given.full else FULL_ACCOUNTS // 10)
    folder = Path(tempfile.mkdtemp(prefix="tierline-bench-"))
    try:
        started = time.perf_counter()
        rows = write(folder / "company", accounts=accounts, months=MONTHS, end=END, intensity=given.intensity)
        seconds, peak = time.perf_counter() - started, _peak_mib()
        events = rows["usage_events"]
        sys.stdout.write(f"{'':<34} {'events':>12} {'seconds':>9} {'events/s':>14} {'MiB':>10}\n")
        sys.stdout.write(
            _line(f"simulator, {accounts:,} accounts", events, seconds, _size(folder / "company"))
        )
        shutil.rmtree(folder / "company")
        days = 365
        plain = _reference(folder / "plain", events, days)
        sys.stdout.write(_line("reference: plain numpy -> parquet", events, plain, _size(folder / "plain")))
        sys.stdout.write(
            f"simulator / reference: {plain / seconds:.2f} of its speed; peak memory {peak:,.0f} MiB\n"
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
