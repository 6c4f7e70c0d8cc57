"""The next export is fetched while one is loaded: never two requests at once, and never more than one ahead."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from answers import Asked, Said, Vendor, answering
from calls import ArchiveFolder, call
from warehouses import Warehouse

from assets.sources import mixpanel, segment
from assets.sources.api import RequestRefusedError
from assets.sources.bulk import batches

START = date(2026, 1, 1)
LONG_ENOUGH = 5.0  # seconds, for another thread to get somewhere


def settings_at(url: str) -> mixpanel.Settings:
    given: dict[str, Any] = {"backoff_seconds": 0.01, "timeout_seconds": 5.0, "max_attempts": 2}
    return mixpanel.Settings(base_url=url, api_secret="s", start_on=START, days_per_request=1, **given)


@dataclass
class Export:
    """Three days with an event each; `odd`: answers instead of a day's, one after the other."""

    odd: dict[str, list[Said]] = field(default_factory=dict)
    seconds: float = 0
    at_once: int = 0
    at_once_most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Said:
        with self._lock:
            self.at_once += 1
            self.at_once_most = max(self.at_once, self.at_once_most)
        try:
            time.sleep(self.seconds)
            day = asked["from_date"]
            if self.odd.get(day):
                return self.odd[day].pop(0)
            at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
            properties = {"$insert_id": day, "time": at}
            return Said(json.dumps({"event": "exported", "properties": properties}).encode())
        finally:
            with self._lock:
                self.at_once -= 1


def is_so(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONG_ENOUGH
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def load(warehouse: Warehouse, vendor: Vendor, tell: Callable[[str], object]) -> None:
    warehouse.now = datetime(2026, 1, 3, 12, tzinfo=UTC)
    settings = settings_at(vendor.url)
    mixpanel.CONNECTOR.load(warehouse.file, settings, places=warehouse.places, now=warehouse.now, tell=tell)


def days_loaded(warehouse: Warehouse) -> list[str]:
    return [day for (day,) in warehouse.rows("select _file from raw_mixpanel.events order by 1")]


def test_the_next_window_is_asked_for_while_one_is_loaded_and_no_further_one(warehouse: Warehouse) -> None:
    export, seen = Export(), []
    with answering(export.answer) as vendor:

        def tell(message: str) -> None:
            # Called by the thread that loads, once a window is in.
            is_so(lambda: len(vendor.asked) == min(len(seen) + 2, 3))
            time.sleep(0.05)
            seen.append(len(vendor.asked))

        load(warehouse, vendor, tell)
    assert seen == [2, 3, 3]
    assert days_loaded(warehouse) == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_damaged_window_is_asked_for_again_once_the_next_one_is_here(warehouse: Warehouse) -> None:
    cut_off = Said(b'{"event": "cut o', is_length_told=False)
    export = Export({"2026-01-01": [cut_off]}, seconds=0.1)
    with answering(export.answer) as vendor:
        load(warehouse, vendor, lambda message: None)
    asked = [each["from_date"] for each in vendor.asked]
    assert asked == ["2026-01-01", "2026-01-02", "2026-01-01", "2026-01-03"]
    assert export.at_once_most == 1
    assert days_loaded(warehouse) == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_window_that_cannot_be_had_leaves_what_came_before_and_is_asked_for_again(
    warehouse: Warehouse,
) -> None:
    export = Export({"2026-01-02": [Said(b"not today", 400)]})
    with answering(export.answer) as vendor:
        with pytest.raises(RequestRefusedError, match="not today"):
            load(warehouse, vendor, lambda message: None)
        assert days_loaded(warehouse) == ["2026-01-01"]
        load(warehouse, vendor, lambda message: None)
    assert days_loaded(warehouse) == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_a_load_that_fails_does_not_wait_for_a_vendor_that_asks_to(warehouse: Warehouse) -> None:
    wait = Said(b"slowly", 429, {"Retry-After": "600"})
    export = Export({"2026-01-02": [wait]})
    with answering(export.answer) as vendor:

        def fail(message: str) -> None:
            assert is_so(lambda: len(vendor.asked) == 2)
            raise RuntimeError("the disk is full")

        started = time.monotonic()
        with pytest.raises(RuntimeError, match="disk is full"):
            load(warehouse, vendor, fail)
    assert time.monotonic() - started < 2 * LONG_ENOUGH
    assert not [each for each in threading.enumerate() if each.name == "one_ahead"]
    assert not (warehouse.places.state / "mixpanel" / "spool").exists()
    assert days_loaded(warehouse) == ["2026-01-01"]


def test_files_of_an_archive_are_fetched_a_batch_ahead_and_removed(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_FILES_MOST", 1)
    archive = ArchiveFolder(tmp_path)
    names = [f"{number}.gz" for number in range(5)]
    for name in names:
        archive.write(START, call(name), name=name)

    def answer(asked: Asked) -> Said:
        path = tmp_path / asked["path"].strip("/")
        if path.is_file():
            return Said(path.read_bytes())
        links = (f'<a href="{each.name}{"/" if each.is_dir() else ""}">.</a>' for each in path.iterdir())
        return Said("".join(links).encode())

    spool, seen = warehouse.places.state / "segment" / "spool", []
    with answering(answer) as vendor:

        def files_asked() -> int:
            return sum(each["path"].endswith(".gz") for each in vendor.asked)

        def tell(message: str) -> None:
            is_so(lambda: files_asked() == min(len(seen) + 3, 5))
            time.sleep(0.05)
            seen.append((files_asked(), len(list(spool.iterdir()))))

        settings = segment.Settings(base_url=vendor.url)
        segment.CONNECTOR.load(
            warehouse.file, settings, places=warehouse.places, now=warehouse.now, tell=tell
        )
    # What was loaded is gone; ahead lie a batch and the file that showed that it was full.
    assert seen == [(3, 2), (4, 2), (5, 2), (5, 1), (5, 0)]
    assert warehouse.rows("select count(*) from raw_segment.events") == [(5,)]
