"""A zip of files of JSON lines, unpacked under names of ours, as far as there is reason to trust it."""

import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from assets.sources.bulk.ahead import Sleep
from assets.sources.bulk.no_export import instead_of_archive
from assets.sources.bulk.spool import CutOffError

_CHUNK_BYTES = 1 << 20
# The end of a gzip says how large what it packs is, in so many bytes.
_SIZE_BYTES = 4
# What `zipfile` raises for damage, for what is encrypted, and for what it cannot unpack.
_ODD = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(RuntimeError, EOFError, UnicodeError, OverflowError),
)


class ArchiveTooLargeError(ValueError):
    """More comes out of the archive than may."""


def unpacked(
    path: Path, folder: Path, unit_of: Callable[[str], str], *, most_bytes: float, sleep: Sleep
) -> dict[Path, str]:
    """The zip's files in `folder`, which is emptied before, by the unit that a name tells.

    `most_bytes`: of all files, unpacked. `sleep` is asked between chunks. Raises `CutOffError` for what is no
    zip, or damaged, or encrypted, and `ArchiveTooLargeError`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if not zipfile.is_zipfile(path):
        raise CutOffError(instead_of_archive(path))
    try:
        with zipfile.ZipFile(path) as archive:
            return _files(archive, folder, unit_of, most_bytes, sleep)
    except _ODD as error:
        raise CutOffError(f"the zip is damaged or encrypted: {error}") from None


def _files(
    archive: zipfile.ZipFile,
    folder: Path,
    unit_of: Callable[[str], str],
    most_bytes: float,
    sleep: Sleep,
) -> dict[Path, str]:
    entries = [each for each in archive.infolist() if not each.is_dir()]
    _keep_within(sum(each.file_size for each in entries), most_bytes)
    found, size = {}, 0
    for number, entry in enumerate(sorted(entries, key=lambda each: each.filename)):
        target = folder / f"{number}.json{'.gz' if entry.filename.endswith('.gz') else ''}"
        with archive.open(entry) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK_BYTES):
                size += len(chunk)
                _keep_within(size, most_bytes)
                file.write(chunk)
                sleep(0)
        if target.suffix == ".gz":
            size += _told_size(target)
            _keep_within(size, most_bytes)
        found[target] = unit_of(entry.filename)
    return dict(sorted(found.items(), key=lambda each: each[1]))


def _told_size(path: Path) -> int:
    """What a gzip says of its own size, unpacked."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _SIZE_BYTES, 0))
        return int.from_bytes(file.read(_SIZE_BYTES), "little")


def _keep_within(size: int, most_bytes: float) -> None:
    if size > most_bytes:
        raise ArchiveTooLargeError
