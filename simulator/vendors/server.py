"""The HTTP server: first path segment names the vendor, the rest is the vendor's own path."""

import gzip
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from email.utils import format_datetime
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from simulator.company import Company
from simulator.vendors.control import Control
from simulator.vendors.faults import Fault, Faults
from simulator.vendors.identities import Identities
from simulator.vendors.journal import Journal
from simulator.vendors.message import Answer, RefusedError, Request
from simulator.vendors.rate_limits import Limit, Window
from simulator.vendors.registry import VENDORS
from simulator.vendors.settings import Settings
from simulator.vendors.vendor import Vendor
from simulator.vendors.view import View

GZIP_FROM_BYTES = 1400


class VendorServer:
    """Use as a context manager, or `start` and `stop`. `url_of("zendesk")` is that vendor's base address.

    `folder` keeps the usage files, one a day. Handlers run one at a time: the company has one state.
    """

    def __init__(
        self,
        company: Company,
        folder: Path,
        settings: Settings | None = None,
        *,
        port: int = 0,
        journal_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or Settings()
        self.view = View(company, folder)
        self.identities = Identities(self.settings.seed, self.settings.noise)
        self.journal = Journal(journal_file)
        self.vendors: dict[str, Vendor] = {
            each.name: each(self.view, self.identities, self.settings) for each in VENDORS
        }
        self._control = Control(self)
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}
        self.set_faults(self.settings.faults)
        self._lock, self.stopping = RLock(), Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def url_of(self, vendor: str) -> str:
        return f"{self.url}/{vendor}"

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the configured faults; their counts begin anew."""
        self._faults = Faults(faults, self.settings.seed)

    def advance(self, days: int = 1) -> None:
        """The company lives on, and every vendor shows it."""
        with self._lock:
            self.view.advance(days)

    def live(self, until: date) -> None:
        """Live through history up to and with `until`, before anybody asks."""
        with self._lock:
            self.view.live(until)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> tuple[Answer | None, Fault | None]:
        """The answer, or None when the connection just closes; and the fault that hit, if one did."""
        name, _, rest = request.path.removeprefix("/").partition("/")
        request = replace(request, path=f"/{rest}", base_url=f"{request.base_url}/{name}")
        if name == Control.name:
            return self._handled(self._control, request), None
        vendor = self.vendors.get(name)
        if vendor is None:
            known = ", ".join(sorted(self.vendors))
            return Answer.json({"error": f"no vendor {name!r}; there are: {known}"}, 404), None
        fault = self._faults.next(name, request.method, request.path)
        answer = self._with_fault(vendor, request, fault)
        self.journal.add(name, request, answer.status if answer else None, fault.kind if fault else None)
        return answer, fault

    def _with_fault(self, vendor: Vendor, request: Request, fault: Fault | None) -> Answer | None:
        kind = fault.kind if fault else ""
        if fault and kind == "rate_limit":
            return vendor.too_many(fault.retry_after)
        if fault and kind == "server_error":
            return vendor.broken(fault.status)
        if fault and kind == "timeout_before":
            self.stopping.wait(fault.seconds)
            return None
        answer = self._limited(vendor, replace(request, repeats_page=kind == "duplicated_page"))
        if fault and kind == "timeout_after":
            self.stopping.wait(fault.seconds)
            return None
        if kind == "rows_change":
            self.advance()
        return answer

    def _limited(self, vendor: Vendor, request: Request) -> Answer:
        with self._lock:
            window = self._window(vendor, request.path)
            if wait := window.wait():
                return vendor.too_many(wait)
            answer = self._handled(vendor, request)
            stamped = {"Date": format_datetime(vendor.now, usegmt=True)}
            limits = vendor.rate_headers(window.limit, window.left) if window.limit.requests else {}
            return replace(answer, headers={**stamped, **limits, **answer.headers})

    def _window(self, vendor: Vendor, path: str) -> Window:
        """Of the vendor's limit that counts for this path; a configured one counts for all."""
        set_here = self.settings.limits.get(vendor.name)
        limits = vendor.limits if set_here is None else {"*": set_here}
        found = next((each for each in limits.items() if fnmatchcase(path, each[0])), ("*", Limit(0, 1)))
        return self._windows.setdefault((vendor.name, found[0]), Window(found[1], self._clock))

    def _handled(self, vendor: Vendor, request: Request) -> Answer:
        try:
            with self._lock:
                handler, variables = vendor.find(request.method, request.path)
                vendor.authorise(request)
                named = {name: unquote(value) for name, value in variables.items()}
                return handler(vendor, replace(request, variables=named))
        except RefusedError as refused:
            return refused.answer


def _handler(server: VendorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            target = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=target.path,
                query=parse_qs(target.query, keep_blank_values=True),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length) if length else b"",
                base_url=server.url,
            )
            answer, fault = server.answer(request)
            if answer is None:
                self.close_connection = True
                return
            self._send(request, answer, cut=fault is not None and fault.kind == "truncated_body")

        def _send(self, request: Request, answer: Answer, *, cut: bool) -> None:
            body, headers = answer.body, {"Date": self.date_time_string(), **answer.headers}
            packs = "gzip" in request.headers.get("accept-encoding", "")
            if packs and len(body) > GZIP_FROM_BYTES and "Content-Encoding" not in headers:
                body, headers = gzip.compress(body, 1, mtime=0), {**headers, "Content-Encoding": "gzip"}
            self.send_response_only(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            if answer.status != 204:  # noqa: PLR2004 -- No Content
                self.send_header("Content-Length", str(len(body)))
            if cut:
                body, self.close_connection = body[: len(body) // 2], True
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 -- http.server's names

        def log_message(self, format: str, *args: object) -> None:
            """The journal keeps the requests."""

    return Handler
