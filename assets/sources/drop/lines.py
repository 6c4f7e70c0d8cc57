"""Text files as numbered lines: decompressed, decoded, split, in Arrow batches of bounded size.

Splitting works on whole chunks (find the newlines, cut one buffer at them), so no Python runs per line.
Every physical line comes out, the undecodable ones too: they carry a `problem`. A lone carriage return ends
a line only in files that have no other line ends.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa

CHUNK_BYTES = 8 << 20
# A line longer than this is damage, not data; it is reported with its beginning.
MAX_LINE_BYTES = 64 << 20
SHOWN_BYTES = 64 << 10
NOT_DECODABLE = "the line is not valid {encoding}"
TOO_LONG = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB; only its beginning is kept"

SCHEMA = pa.schema([("line", pa.int64()), ("text", pa.string()), ("problem", pa.string())])

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnreadableFileError(ValueError):
    """A file that cannot be read as what its name says; nothing of it is loaded."""


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's decompressed bytes, by its suffix. Raises `UnreadableFileError` for damaged compression."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rb") as stream:
                yield cast(IO[bytes], stream)
        elif path.suffix == ".zst":
            with path.open("rb") as raw, pa.CompressedInputStream(raw, "zstd") as stream:
                yield cast(IO[bytes], stream)
        else:
            with path.open("rb") as stream:
                yield stream
    except (EOFError, zlib.error, OSError, pa.ArrowInvalid) as error:
        raise UnreadableFileError(f"the file cannot be read: {error}") from error


def batches(path: Path, *, encoding: str = "utf-8") -> Iterator[pa.RecordBatch]:
    """Record batches of `SCHEMA`. `encoding`: a declared one; a byte order mark overrides it."""
    with opened(path) as stream:
        start = stream.read(CHUNK_BYTES)
        for mark, marked in _BYTE_ORDER_MARKS:
            if start.startswith(mark):
                encoding = marked
                start = start[len(mark) :] if marked == "utf-8" else start
                break
        encoding = codecs.lookup(encoding).name
        yield from _cut(_normalised(_utf8(_chunks(start, stream), encoding)), encoding)


def _chunks(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    chunk = start
    while chunk:
        yield chunk
        chunk = stream.read(CHUNK_BYTES)


def _utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The chunks in UTF-8. What another encoding cannot hold becomes U+FFFD, which `_mended` reports."""
    if encoding == "utf-8":
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _normalised(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks with `\\n` as the only line end."""
    old_mac: bool | None = None
    held = b""
    for chunk in chunks:
        joined = held + chunk
        # A carriage return at the chunk's end may belong to a line end that goes on in the next one.
        held = b"\r" if joined.endswith(b"\r") else b""
        joined = joined[: len(joined) - len(held)]
        if old_mac is None:
            old_mac = b"\r" in joined and b"\n" not in joined
        yield joined.replace(b"\r", b"\n") if old_mac else joined.replace(b"\r\n", b"\n")
    yield b"\n" if old_mac and held else held


def _cut(chunks: Iterator[bytes], encoding: str) -> Iterator[pa.RecordBatch]:
    first_line = 1
    carried: list[bytes] = []
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if not end:
            carried = _bounded([*carried, chunk])
            continue
        block = b"".join([*carried, chunk[:end]])
        carried = [chunk[end:]] if end < len(chunk) else []
        batch = _batch(block, first_line, encoding)
        first_line += batch.num_rows
        yield batch
    if carried:
        yield _batch(b"".join(carried) + b"\n", first_line, encoding)


def _bounded(parts: list[bytes]) -> list[bytes]:
    """Parts of one unfinished line, cut off beyond what makes it "too long" so that memory stays bounded."""
    if sum(map(len, parts)) <= MAX_LINE_BYTES:
        return parts
    return [b"".join(parts)[: MAX_LINE_BYTES + 1]]


def _batch(block: bytes, first_line: int, encoding: str) -> pa.RecordBatch:
    """`block` ends with a newline."""
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    problems: dict[int, str] = {}
    if len(block) > MAX_LINE_BYTES or not _is_utf8(block):
        block, problems = _mended(block, encoding)
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
    elif encoding != "utf-8" and "\ufffd".encode() in block:
        _, problems = _mended(block, encoding)
    count = len(ends)
    offsets = np.zeros(count + 1, np.int32)
    offsets[1:] = ends - np.arange(count)
    text = block.translate(None, b"\n")
    lines = pa.array(np.arange(first_line, first_line + count, dtype=np.int64))
    texts = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))
    if problems:
        column = pa.array([problems.get(index) for index in range(count)], pa.string())
    else:
        column = pa.nulls(count, pa.string())
    return pa.RecordBatch.from_arrays([lines, texts, column], schema=SCHEMA)


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mended(block: bytes, encoding: str) -> tuple[bytes, dict[int, str]]:
    """The block with bad bytes written as `\\xNN` and overlong lines cut; what was wrong, by line index."""
    parts = block[:-1].split(b"\n")
    problems = {}
    for index, part in enumerate(parts):
        if len(part) > MAX_LINE_BYTES:
            parts[index] = part[:SHOWN_BYTES].decode("utf-8", "backslashreplace").encode()
            problems[index] = TOO_LONG
        elif not _is_utf8(part):
            parts[index] = part.decode("utf-8", "backslashreplace").encode()
            problems[index] = NOT_DECODABLE.format(encoding="UTF-8")
        elif encoding != "utf-8" and "\ufffd".encode() in part:
            problems[index] = NOT_DECODABLE.format(encoding=encoding)
    return b"\n".join(parts) + b"\n", problems
