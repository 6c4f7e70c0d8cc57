"""Exports by time, downloaded a run of windows ahead of the load: each becomes rows, or is asked for again,
as only reading it to the end shows that it is whole.
"""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from assets.sources.api import waits
from assets.sources.api.errors import GaveUpError
from assets.sources.bulk.ahead import Sleep, Wanted, one_ahead
from assets.sources.bulk.batches import unpacked_bytes
from assets.sources.bulk.loading import BulkLoad
from assets.sources.bulk.no_export import shown
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.staging import Export, UnreadableUnitError
from assets.sources.bulk.windows import Windows, fetched_in_runs


@dataclass(frozen=True)
class Vendor:
    """How a vendor is asked. `fetch(units, folder, sleep)` puts what comes into the empty folder and raises
    what the client raises, `TooLargeError` among it; `described(units)` names it in messages; `most`: windows
    with one request.
    """

    fetch: Callable[[list[str], Path, Sleep], Export]
    described: Callable[[list[str]], str]
    most: int


@dataclass(frozen=True)
class Download:
    """What came for `units`, in a folder of its own."""

    units: list[str]
    export: Export
    folder: Path
    size: int


def take_windows(
    load: BulkLoad,
    windows: Windows,
    due: list[int],
    vendor: Vendor,
    *,
    folder: Path,
    settings: UsageSettings,
    sleep: Sleep = time.sleep,
) -> None:
    """Load the windows that are due, in order; while one run of them is taken in, the next is downloaded.

    The vendor is never asked for two at once. `folder`: where downloads lie until they are loaded. Raises
    `GaveUpError` when one is damaged time and again, and what `vendor.fetch` raises, once what came before
    is loaded.
    """
    wanted, at_once, numbers = Wanted(), threading.Lock(), count()

    def fetch(units: list[str]) -> Download:
        place = folder / str(next(numbers))
        with at_once:
            place.mkdir()
            try:
                export = vendor.fetch(units, place, wanted.sleep)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
        return Download(units, export, place, sum(unpacked_bytes(each) for each in export.units))

    with one_ahead(fetched_in_runs(windows, due, fetch, vendor.most), wanted) as downloads:
        for each in downloads:
            _take(load, each, fetch, settings, what=vendor.described(each.units), sleep=sleep)


def _take(
    load: BulkLoad,
    download: Download,
    again: Callable[[list[str]], Download],
    settings: UsageSettings,
    *,
    what: str,
    sleep: Sleep,
) -> None:
    trouble = ""
    for attempt in range(1, settings.max_attempts + 1):
        if attempt > 1:
            download = again(download.units)
        try:
            load.take(download.export)
        except UnreadableUnitError as error:
            trouble = shown(str(error), settings)
            load.tell(f"{load.system}: {what}: {trouble}; asking again")
            sleep(waits.backoff(attempt, settings.backoff_seconds))
        else:
            load.tell(f"{load.system}: {what}: {load.counts.rows_loaded:,} events loaded so far")
            return
        finally:
            shutil.rmtree(download.folder, ignore_errors=True)
    raise GaveUpError(
        f"{what} could not be read {settings.max_attempts} times in a row ({trouble});"
        " what came before is kept, run again later"
    )
