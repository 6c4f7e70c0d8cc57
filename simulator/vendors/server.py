"""The HTTP server: first path segment names the vendor, the rest is the vendor's own path."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from email.utils import format_datetime
from fnmatch import fnmatchcase
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote

from simulator.company import Company
from simulator.vendors import wire
from simulator.vendors.control import Control
from simulator.vendors.drift import drifted
from simulator.vendors.faults import Fault, Faults
from simulator.vendors.hearing import Hearing
from simulator.vendors.identities import Identities
from simulator.vendors.journal import Journal
from simulator.vendors.message import Answer, MalformedError, RefusedError, Request
from simulator.vendors.rate_limits import Limit, Window
from simulator.vendors.registry import VENDORS
from simulator.vendors.settings import Settings
from simulator.vendors.smtp import Relay, Smtp
from simulator.vendors.vendor import Vendor
from simulator.vendors.view import Row, View

LETS_PASS_SECONDS = 0.005  # between two lists that are made ahead

_log = logging.getLogger(__name__)


class _Listener(ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True
    request_queue_size = 128


class VendorServer:
    """Use as a context manager, or `start` and `stop`. `url_of("zendesk")` is that vendor's base address.

    `folder` keeps the usage files, one a day. Handlers run one at a time: the company has one state.
    `decisions` tells what is known of an action by its id or the beginning of it (account_id, play_id), for
    messages that name nothing else.
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
        decisions: Callable[[str], Row | None] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.view = View(company, folder)
        self.hearing = Hearing(self.view, decisions)
        self.view.actions, self.view.hear = self.hearing.actions, self.hearing.add
        self.identities = Identities(self.settings.seed, self.settings.noise)
        self.journal = Journal(journal_file)
        self.vendors: dict[str, Vendor] = {
            each.name: each(self.view, self.identities, self.settings) for each in VENDORS
        }
        self._control = Control(self)
        self._relay: Relay | None = None
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}
        self.set_faults(self.settings.faults)
        self.lock, self.stopping = RLock(), Event()
        self._http = _Listener(("127.0.0.1", port), _handler(self))
        self._thread = Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def url_of(self, vendor: str) -> str:
        return f"{self.url}/{vendor}"

    @property
    def smtp_address(self) -> tuple[str, int]:
        """Host and port of the mail relay, which begins to listen when somebody asks for them."""
        if self._relay is None:
            self._relay = Relay(self, cast(Smtp, self.vendors["smtp"]))
        return self._relay.address

    def fault_for(self, vendor: str, method: str, path: str) -> Fault | None:
        """The configured fault that the next such request meets; counts it."""
        return self._faults.next(vendor, method, path)

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Replace the configured faults; their counts begin anew."""
        self._faults = Faults(faults, self.settings.seed)

    def advance(self, days: int = 1) -> None:
        """The company lives on, and every vendor shows it."""
        with self.lock:
            self.view.advance(days)

    def live(self, until: date) -> None:
        """Live through history up to and with `until`, before anybody asks."""
        with self.lock:
            self.view.live(until)

    def prepare(self) -> None:
        """Make the vendors' long lists before somebody asks for them, on a thread that lets requests pass.

        The ids in them count as given out.
        """
        Thread(target=self._prepare, daemon=True).start()

    def _prepare(self) -> None:
        for vendor in self.vendors.values():
            for make in vendor.lists(self.url_of(vendor.name)):
                if self.stopping.wait(LETS_PASS_SECONDS):
                    return
                with self.lock:
                    make()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self._relay is not None:
            self._relay.stop()
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
        fault = self.fault_for(name, request.method, request.path)
        answer = self._with_fault(vendor, request, fault)
        self.journal.add(
            name,
            request,
            answer.status if answer else None,
            fault.kind if fault else None,
            error=vendor.refusal(answer) if answer else None,
        )
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
        request = replace(request, repeats_page=kind == "duplicated_page", ends_list=kind == "list_ends")
        answer = self._limited(vendor, request)
        if fault and kind == "server_error_after":
            return vendor.broken(fault.status)
        if fault and kind == "timeout_after":
            self.stopping.wait(fault.seconds)
            return None
        if kind == "rows_change":
            self.advance()
        return answer

    def _limited(self, vendor: Vendor, request: Request) -> Answer:
        with self.lock:
            window = self._window(vendor, request.path)
            if wait := window.wait():
                return vendor.too_many(wait)
            answer = self._handled(vendor, request)
            today = self.view.today
            due = [d for d in self.settings.drift if d.applies(vendor.name, request.path, today)]
            answer = drifted(answer, due)
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
            with self.lock:
                handler, variables = vendor.find(request.method, request.path)
                vendor.authorise(request)
                request.check()
                named = {name: unquote(value) for name, value in variables.items()}
                plain = request.path.rstrip("/") or "/"  # some libraries end every path with a slash
                return handler(vendor, replace(request, variables=named, path=plain))
        except RefusedError as refused:
            return refused.answer
        except MalformedError as malformed:
            return vendor.unreadable(str(malformed))
        except Exception:  # a bug here, or a body of a shape nobody thought of: answered all the same
            _log.exception("%s %s of %s failed", request.method, request.path, vendor.name)
            return vendor.unreadable("the request was not understood") if request.body else vendor.broken(500)


def _handler(server: VendorServer) -> type[StreamRequestHandler]:
    class Handler(StreamRequestHandler):
        disable_nagle_algorithm = True
        rbufsize = 1 << 16

        def handle(self) -> None:
            with suppress(ConnectionError):
                while self._answered():
                    pass

        def _answered(self) -> bool:
            """One request; whether another may follow on this connection."""
            try:
                head = wire.read_head(self.rfile)
                if head is None:
                    return False
                if head.headers.get("expect", "").lower() == "100-continue":
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body, problem = wire.read_body(self.rfile, head)
            except wire.UnreadableError as unreadable:
                self.wfile.write(wire.refusal(unreadable.status))
                return False
            answer, fault = server.answer(wire.request_of(head, body, problem, server.url))
            if answer is None:
                return False
            cut = fault is not None and fault.kind == "truncated_body"
            self.wfile.write(wire.written(answer, head, cut=cut))
            return not (cut or head.closes)

    return Handler
