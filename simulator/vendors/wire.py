"""HTTP/1.1 as the vendors' server speaks it: reads a request whatever it looks like, writes the answer.

Written by hand because it is a good part of the time a small answer takes, and because a request that can't
be read must be answered, not dropped: bad lengths, packed and oversized bodies end in the vendor's own 400.
"""

import gzip
import zlib
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from io import BufferedIOBase
from urllib.parse import parse_qs, urlsplit

from simulator.vendors.message import Answer, Request

LINE_MOST, HEADERS_MOST, BODY_MOST = 65_536, 200, 64 * 2**20
GZIP_FROM_BYTES = 1400
PIECE = 1 << 20
NO_BODY = (204, 304)


class UnreadableError(Exception):
    """The head of a request can't be read: answered with `status`, then the connection closes."""

    def __init__(self, status: int) -> None:
        super().__init__(f"unreadable: {status}")
        self.status = status


@dataclass
class Head:
    """A request's first line and headers (names in lower case)."""

    method: str
    target: str
    version: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def closes(self) -> bool:
        wanted = self.headers.get("connection", "").lower()
        return wanted == "close" or (self.version == "HTTP/1.0" and wanted != "keep-alive")


def read_head(stream: BufferedIOBase) -> Head | None:
    """None when the caller has gone. Raises UnreadableError."""
    line = stream.readline(LINE_MOST + 1)
    if not line.strip():
        line = stream.readline(LINE_MOST + 1) if line else line
        if not line:
            return None
    if len(line) > LINE_MOST:
        raise UnreadableError(HTTPStatus.REQUEST_URI_TOO_LONG)
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 -- method, target, version
        raise UnreadableError(HTTPStatus.BAD_REQUEST)
    head = Head(words[0], words[1], words[2])
    while (line := stream.readline(LINE_MOST + 1)) not in (b"\r\n", b"\n", b""):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(head.headers) == HEADERS_MOST:
            raise UnreadableError(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if colon else HTTPStatus.BAD_REQUEST
            )
        head.headers[name.strip().lower()] = value.strip()
    return head


def read_body(stream: BufferedIOBase, head: Head) -> tuple[bytes, str | None]:
    """The body, and what is wrong with it. Raises UnreadableError when nobody can say where it ends."""
    packed, problem = _sent(stream, head)
    if problem is None and head.headers.get("content-encoding", "").lower() == "gzip":
        try:
            packed = zlib.decompressobj(31).decompress(packed, BODY_MOST)
        except zlib.error:
            return b"", "the body is not gzip"
    return packed, problem


def _sent(stream: BufferedIOBase, head: Head) -> tuple[bytes, str | None]:
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return _chunks(stream)
    given = head.headers.get("content-length", "0")
    if not given.isdigit():
        raise UnreadableError(HTTPStatus.BAD_REQUEST)
    length = int(given)
    if length <= BODY_MOST:
        body = stream.read(length) if length else b""
        return body, None if len(body) == length else "the body ends too early"
    while length > 0 and (piece := stream.read(min(length, PIECE))):
        length -= len(piece)  # taken in, so that the caller gets to read the answer
    return b"", "the body is too large"


def _chunks(stream: BufferedIOBase) -> tuple[bytes, str | None]:
    body = bytearray()
    while True:
        size = stream.readline(LINE_MOST).partition(b";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise UnreadableError(HTTPStatus.BAD_REQUEST) from None
        piece = stream.read(length)
        body += piece if len(body) <= BODY_MOST else b""
        stream.readline(LINE_MOST)
        if length == 0 or len(piece) < length:
            break
    return (bytes(body), None) if len(body) <= BODY_MOST else (b"", "the body is too large")


def request_of(head: Head, body: bytes, problem: str | None, base_url: str) -> Request:
    target = urlsplit(head.target)
    return Request(
        method="GET" if head.method == "HEAD" else head.method,
        path=target.path,
        query=parse_qs(target.query, keep_blank_values=True),
        headers=head.headers,
        body=body,
        base_url=base_url,
        problem=problem,
    )


def written(answer: Answer, head: Head, *, cut: bool) -> bytes:
    """The answer's bytes; `cut`: half of the body, under the length of the whole."""
    body = answer.body
    headers = {"Date": _now(), **answer.headers}
    packs = "gzip" in head.headers.get("accept-encoding", "")
    if packs and len(body) > GZIP_FROM_BYTES and "Content-Encoding" not in headers:
        body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
    if answer.status not in NO_BODY:
        headers["Content-Length"] = str(len(body))
    if cut or head.closes:
        headers["Connection"] = "close"
    if cut:
        body = body[: len(body) // 2]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    first = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\n"
    shown = b"" if head.method == "HEAD" or answer.status in NO_BODY else body
    return f"{first}{lines}\r\n".encode("latin-1", "replace") + shown


def refusal(status: int) -> bytes:
    """To a request whose head can't be read."""
    return f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def _now() -> str:
    return formatdate(usegmt=True)


@lru_cache
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
