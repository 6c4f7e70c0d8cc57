"""Many files, one transaction each as long as they fit: what is cheap for one file is dear for ten
thousand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assets.sources.bulk.ahead import Wanted, one_ahead
from assets.sources.bulk.loading import BulkLoad
from assets.sources.bulk.staging import Export, UnreadableUnitError
from assets.sources.load_log import FileState

# Lines staged at once, in bytes as they are unpacked; a unit that is larger alone is staged alone, on disk.
STAGED_BYTES = 256 << 20
_FILES_MOST = 2_000
# JSON lines of events pack about so well.
_UNPACKED = 8


@dataclass(frozen=True)
class UnitFile:
    """A unit that is one file. `is_spooled`: a copy of ours, removed once it is loaded."""

    unit: str
    path: Path
    state: FileState
    is_spooled: bool = False


def take_files(load: BulkLoad, files: Iterable[UnitFile], wanted: Wanted | None = None) -> None:
    """Load the files in order, each a unit; a damaged one is refused as a whole and the others loaded.

    `files` runs on a thread of its own, one batch ahead of the load, as long as it is `wanted`.
    """
    done = 0
    with one_ahead(_batches(files), wanted or Wanted()) as batches:
        for batch in batches:
            _take(load, batch)
            for each in batch:
                if each.is_spooled:
                    each.path.unlink(missing_ok=True)
            done += len(batch)
            load.tell(f"{load.system}: {done} files, {load.counts.rows_loaded:,} events loaded")


def unpacked_bytes(path: Path) -> int:
    """About how many bytes of lines a file holds."""
    size = path.stat().st_size
    return size * _UNPACKED if path.suffix == ".gz" else size


def _take(load: BulkLoad, batch: list[UnitFile]) -> None:
    try:
        load.take(Export({each.path: each.unit for each in batch}), {each.unit: each.state for each in batch})
    except UnreadableUnitError as error:
        if len(batch) == 1:
            load.refuse(batch[0].unit, str(error))
            return
        for each in batch:
            _take(load, [each])


def _batches(files: Iterable[UnitFile]) -> Iterator[list[UnitFile]]:
    batch: list[UnitFile] = []
    size = 0
    for each in files:
        more = unpacked_bytes(each.path)
        if batch and (size + more > STAGED_BYTES or len(batch) == _FILES_MOST):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    if batch:
        yield batch
