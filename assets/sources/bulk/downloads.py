"""A download that becomes rows, or is asked for again: only reading it to the end shows that it is whole."""

import time
from collections.abc import Callable
from pathlib import Path

from assets.sources.api import waits
from assets.sources.api.errors import GaveUpError
from assets.sources.bulk.batches import unpacked_bytes
from assets.sources.bulk.loading import BulkLoad
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.spool import Ask, spooled
from assets.sources.bulk.staging import Export, UnreadableUnitError


def take_download(
    load: BulkLoad,
    ask: Ask,
    export: Callable[[Path], Export],
    target: Path,
    settings: UsageSettings,
    *,
    what: str,
    whole: Callable[[Path], None] = lambda path: None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Spool the answer, load it as `export(path)` says, remove it; returns the bytes of its lines.

    `what`: names it in messages. Raises `GaveUpError` when it is damaged time and again, and what `ask`
    raises.
    """
    trouble = ""
    for attempt in range(1, settings.max_attempts + 1):
        path = spooled(ask, target, settings, what=what, whole=whole, sleep=sleep)
        try:
            made = export(path)
            size = sum(unpacked_bytes(each) for each in made.units)
            load.take(made)
        except UnreadableUnitError as error:
            trouble = str(error)
            load.tell(f"{load.system}: {what}: {trouble}; asking again")
            sleep(waits.backoff(attempt, settings.backoff_seconds))
        else:
            load.tell(f"{load.system}: {what}: {load.counts.rows_loaded:,} events loaded so far")
            return size
        finally:
            path.unlink(missing_ok=True)
    raise GaveUpError(
        f"{what} was damaged {settings.max_attempts} times in a row ({trouble});"
        " what came before is kept, run again later"
    )
