"""How fast API rows load, judged and accounted for: `python -m bench.api_rows [--rows 100000]`.

The same tickets, shaped like Zendesk's and made in memory (no vendor to wait for), go through the engine of
the API connectors and through dlt as it comes. Each is a first load, then a second in which a tenth changed.
"""

import argparse
import gc
import logging
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import dlt

from assets.sources import zendesk
from assets.sources.api import ApiConnector, ApiSettings, Page, Reading, Stream
from assets.sources.connector import Places

PAGE_ROWS = 1_000
Payload = dict[str, Any]


def ticket(number: int, version: int) -> Payload:
    """About 1.5 kB of JSON, 35 fields."""
    unset = "external_id recipient forum_topic_id problem_id due_at"
    lists = "collaborator_ids follower_ids email_cc_ids sharing_agreement_ids followup_ids"
    flags = "has_incidents allow_channelback from_messaging_channel"
    return {
        "url": f"https://example.zendesk.com/api/v2/tickets/{number}.json",
        "id": number,
        "via": {"channel": "email", "source": {"from": {"address": "a@b.example"}, "to": {}, "rel": None}},
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": f"2026-0{version}-02T03:04:{number % 60:02d}Z",
        "type": "incident",
        "subject": f"Export {number} stops halfway",
        "description": "It stops at the second page and says nothing. " * 15,
        "priority": "high",
        "status": "open" if version == 1 else "solved",
        "requester_id": number % 40_000,
        "submitter_id": number % 40_000,
        "assignee_id": number % 50,
        "organization_id": number % 2_000,
        "group_id": 360_000_000_001,
        "tags": ["bug", "export"],
        "custom_fields": [{"id": field, "value": None} for field in range(8)],
        "satisfaction_rating": {"score": "unoffered"},
        "brand_id": 360_000_000_002,
        "is_public": True,
        **dict.fromkeys(unset.split()),
        **{name: [] for name in lists.split()},
        **dict.fromkeys(flags.split(), False),
    }


def pages(rows: int, version: int, begin: int = 0) -> Iterator[tuple[int, list[Payload]]]:
    """The number of each page's first ticket, and the page."""
    for first in range(begin, rows, PAGE_ROWS):
        yield first, [ticket(number, version) for number in range(first, min(first + PAGE_ROWS, rows))]


def through_engine(home: Path, rows: int, version: int) -> None:
    def read(reading: Reading) -> Iterator[Page]:
        begin = reading.cursor["next"] if reading.cursor and reading.cursor["version"] == version else 0
        for first, page in pages(rows, version, begin):
            yield Page({"tickets": page}, {"version": version, "next": first + len(page)})

    connector = ApiConnector(
        "zendesk", ApiSettings, zendesk.TABLES, lambda settings: [Stream("tickets", ("tickets",), read)]
    )
    connector.load(
        home / "warehouse.duckdb",
        ApiSettings(base_url="http://127.0.0.1"),
        places=Places(home / "dlt", home / "quarantine"),
        now=datetime.now(UTC),
        tell=lambda message: None,
    )


def through_dlt(home: Path, rows: int, version: int) -> None:
    """Merging by key, everything else as dlt does it by itself."""
    logging.getLogger("dlt").setLevel(logging.ERROR)
    dlt.config["runtime.dlthub_telemetry"] = False
    pipeline = dlt.pipeline(
        "plain",
        destination=dlt.destinations.duckdb(str(home / "plain.duckdb")),
        dataset_name="raw_plain",
        pipelines_dir=str(home / "dlt"),
    )
    made = dlt.resource(
        (page for _, page in pages(rows, version)),
        name="tickets",
        primary_key="id",
        write_disposition="merge",
        max_table_nesting=0,
    )
    pipeline.run(made)


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.api_rows", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    # At its cheapest: what is taken off must not be more than either way spends on it.
    gc.disable()
    making = timed(lambda: deque(pages(rows, 1), maxlen=0))
    gc.enable()
    seconds: dict[str, list[float]] = {}
    for name, way in (("engine", through_engine), ("plain dlt", through_dlt)):
        with tempfile.TemporaryDirectory() as place:
            runs = [(rows, 1), (rows // 10, 2)]
            seconds[name] = [timed(partial(way, Path(place), count, version)) for count, version in runs]
            first, changed = seconds[name]
        sys.stdout.write(
            f"{name}: {rows:,} tickets in {first:.1f} s, {rows / (first - making):,.0f} a second"
            f" (without making them); {rows // 10:,} changed ones in {changed:.1f} s\n"
        )
        sys.stdout.flush()
    ratios = [plain / engine for plain, engine in zip(seconds["plain dlt"], seconds["engine"], strict=True)]
    sys.stdout.write(f"the engine is {ratios[0]:.1f} times as fast first, {ratios[1]:.1f} times then\n")


if __name__ == "__main__":
    main()
