"""Lines for a person, as things happen."""

from typing import TextIO


class Progress:
    """Writes one line at a time, at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()
