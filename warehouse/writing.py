"""Writing where somebody told us to: what the file system refuses there is said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotWritableError(OSError):
    """Nothing can be written at a place; the text says where and why."""


@contextmanager
def writing_to(place: Path | str) -> Iterator[None]:
    """Raises `NotWritableError` for what the file system refuses inside; `place` is how a person calls it."""
    try:
        yield
    except NotWritableError:
        raise
    except OSError as error:
        # making a folder that may be there already fails so where something else is
        why = "it is not a folder" if isinstance(error, FileExistsError) else error.strerror or str(error)
        raise NotWritableError(f"{place} can't be written to: {why}") from error
