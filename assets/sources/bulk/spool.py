"""A download onto disk, streamed, whole: an answer that is cut off is asked for again."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from requests import RequestException, Response
from urllib3.exceptions import HTTPError

from assets.sources.api import waits
from assets.sources.api.errors import GaveUpError
from assets.sources.api.settings import ApiSettings
from assets.sources.bulk.no_export import shown

_CHUNK_BYTES = 1 << 20
_PACKED = (".gz", ".zip")
Ask = Callable[[], Response]
Read = TypeVar("Read")


class CutOffError(ValueError):
    """The body is not whole."""


@contextmanager
def spool_folder(state: Path, system: str) -> Iterator[Path]:
    """An empty folder for the time of a load; what a killed load left in it goes first."""
    folder = state / system / "spool"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for looking at an export without loading it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def spooled(
    ask: Ask,
    target: Path,
    settings: ApiSettings,
    *,
    what: str,
    whole: Callable[[Path], None] = lambda path: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Write the body of the answer to `target`; with `.gz` added where the vendor packed it, as it came.

    `ask`: makes the request with `stream=True`. `sleep` is asked between chunks, too: it may raise to end a
    download that nobody waits for. `whole` raises `CutOffError` for a file that is not all
    there. Raises `GaveUpError`, and what `ask` raises.
    """

    def written() -> Path:
        path = _written(ask(), target, sleep)
        whole(path)
        return path

    return _tried(written, settings, what=what, sleep=sleep)


def whole_text(
    ask: Ask,
    settings: ApiSettings,
    *,
    what: str,
    whole: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """The body of the answer as text. `ask`: makes the request with `stream=True`. `whole` raises
    `CutOffError` for a text that is not what was asked for. Raises as `spooled`."""

    def read() -> str:
        with ask() as response:
            text = response.text
        whole(text)
        return text

    return _tried(read, settings, what=what, sleep=sleep)


def _tried(
    read: Callable[[], Read], settings: ApiSettings, *, what: str, sleep: Callable[[float], None]
) -> Read:
    trouble = ""
    for attempt in range(1, settings.max_attempts + 1):
        try:
            return read()
        except (HTTPError, RequestException, CutOffError, OSError) as error:
            trouble = shown(str(error), settings) if isinstance(error, CutOffError) else type(error).__name__
            if attempt < settings.max_attempts:
                sleep(waits.backoff(attempt, settings.backoff_seconds))
    raise GaveUpError(
        f"{what} was cut off {settings.max_attempts} times in a row ({trouble});"
        " what came before is kept, run again later"
    )


def _written(response: Response, target: Path, sleep: Callable[[float], None]) -> Path:
    """What is packed for the way stays packed, unless the file itself is."""
    is_packed = response.headers.get("Content-Encoding", "").lower() == "gzip"
    is_archive = target.suffix in _PACKED
    path = target.with_name(f"{target.name}.gz") if is_packed and not is_archive else target
    with response, path.open("wb") as file:
        for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=is_archive):
            file.write(chunk)
            sleep(0)
        expected = response.headers.get("Content-Length", "")
        if expected.isdigit() and response.raw.tell() != int(expected):
            raise CutOffError(f"{response.raw.tell():,} of {int(expected):,} bytes came")
    return path
