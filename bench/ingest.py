"""How fast the drop folder loads events: `python -m bench.ingest [--rows 2000000]`.

Per form: the first load, the load with nothing changed, and the load after the file was written anew.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources import drop_folder
from warehouse.working import open_warehouse

FORMS = {"csv.gz": "(header)", "jsonl.gz": "(format json)", "parquet": "(format parquet)"}
EVENTS = """
select
    'e-' || n as event_id,
    strftime(timestamp '2025-01-01' + to_seconds(n * 15), '%Y-%m-%dT%H:%M:%SZ') as occurred_at,
    'u-' || (n * 7919 % 40000) as user_id,
    ['login', 'page_view', 'export', 'api_call'][1 + n % 4] as event,
    'feature_' || (n % 40) as feature,
    ['ui', 'api', 'mobile', 'integration'][1 + n % 4] as channel,
    1 + n % 9 as quantity,
    {page: '/p/' || (n % 100), milliseconds: n % 5000}::json as properties
from range($rows) as numbers(n)
"""


def write_folder(folder: Path, form: str, rows: int) -> Path:
    """2,000 accounts, 40,000 users and `rows` events; returns the events' file."""
    maker = duckdb.connect()
    accounts, users, events = folder / "accounts.csv", folder / "users.csv", folder / f"usage_events.{form}"
    maker.execute(
        f"copy (select 'A-' || n as account_id, 'Name' as name from range(2000) t(n)) to '{accounts}'"
    )
    maker.execute(
        "copy (select 'u-' || n as user_id, 'A-' || (n % 2000) as account_id from range(40000) t(n))"
        f" to '{users}'"
    )
    maker.execute(f"copy ({EVENTS.replace('$rows', str(rows))}) to '{events}' {FORMS[form]}")
    return events


def timed_load(folder: Path, home: Path) -> float:
    with open_warehouse(home / "warehouse.duckdb") as connection:
        started = time.perf_counter()
        drop_folder.load(connection, folder, quarantine=home / "quarantine", now=datetime.now(UTC))
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    for form in FORMS:
        with tempfile.TemporaryDirectory() as place:
            folder, home = Path(place) / "drop", Path(place) / "home"
            folder.mkdir()
            events = write_folder(folder, form, rows)
            first = timed_load(folder, home)
            unchanged = timed_load(folder, home)
            events.unlink()
            write_folder(folder, form, rows + 1)
            replaced = timed_load(folder, home)
        sys.stdout.write(
            f"{form}: {rows:,} events in {first:.1f} s ({rows / first:,.0f} a second); nothing changed"
            f" {unchanged:.2f} s; replaced {replaced:.1f} s ({rows / replaced:,.0f} a second)\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
