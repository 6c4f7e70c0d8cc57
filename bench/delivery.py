"""How fast decided actions go out: `python -m bench.delivery [--actions 100000]`.

To the local sink, against appending the same lines to a file and flushing it once per batch; to an HTTP
receiver in another process, against a loop that posts the same bodies with one kept connection. Prints
actions a second, the ratio, what was lost, and the memory held after a fifth of the actions and after all.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb
import httpx

from sensors.channels.configuration import ChannelConfig, WebhookDestination, build_channels
from sensors.delivery import deliver
from sensors.ledger import open_ledger
from tests.sensors.conftest import decision, write_decisions

_LINES_PER_FLUSH = 200
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument(
        "--actions", type=int, default=100_000, help="to the local sink (default: %(default)s)"
    )
    parser.add_argument("--posts", type=int, default=3_000, help="to the receiver (default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        to_the_sink(Path(folder), given.actions)
        to_a_receiver(Path(folder), given.posts)


def to_the_sink(folder: Path, actions: int) -> None:
    snapshot = _snapshot(folder / "sink.duckdb", actions)
    ledger = open_ledger(f"sqlite:///{folder / 'sink.db'}")
    held: dict[int, int] = {}

    def note(done: int, _due: int) -> None:
        for part in (actions // 5, actions):
            if done >= part and part not in held:
                held[part] = _resident_kb()

    started, busy = time.perf_counter(), time.process_time()
    report = deliver(
        ledger, snapshot, build_channels(ChannelConfig(), folder / "outbox"),
        now=lambda: datetime.now(UTC), worker="bench", progress=note,
    )  # fmt: skip
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    ledger.close()
    with (folder / "outbox" / "webhook.jsonl").open("rb") as file:
        lines = file.readlines()
    ids = {json.loads(line)["action_id"] for line in lines}
    reference = _append(folder / "plain.jsonl", lines)
    _tell("local sink", actions, seconds, reference, "appending the same lines")
    _say(
        f"  lost {actions - len(ids)}, doubled {len(lines) - len(ids)},"
        f" delivered {report.by_state['delivered']}"
    )
    _say(f"  {busy:.1f} s of processor time: {actions / busy:,.0f}/s on a processor of its own")
    shown = ", ".join(f"{kb / 1024:.0f} MB after {part:,}" for part, kb in held.items())
    _say(f"  memory: {shown} (highest {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB)")


def to_a_receiver(folder: Path, actions: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/"
    snapshot = _snapshot(folder / "http.duckdb", actions)
    ledger = open_ledger(f"sqlite:///{folder / 'http.db'}")
    config = ChannelConfig(webhook=WebhookDestination(url, "secret", allow_private=True))
    started = time.perf_counter()
    deliver(
        ledger, snapshot, build_channels(config, folder / "outbox"),
        now=lambda: datetime.now(UTC), worker="bench",
    )  # fmt: skip
    seconds = time.perf_counter() - started
    ledger.close()
    ours.send("taken?")
    taken, bodies = ours.recv()
    started = time.perf_counter()
    with httpx.Client() as client:
        for body in bodies:
            client.post(url, content=body)
    _tell("HTTP receiver", actions, seconds, time.perf_counter() - started, "a loop posting the same bodies")
    _say(f"  lost {actions - len(set(taken))}, doubled {len(taken) - len(set(taken))}")
    server.kill()


def _receive(pipe: Connection) -> None:
    """A receiver that keeps keys and bodies, and hands them over when asked."""
    taken: list[str] = []
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            taken.append(self.headers.get("Idempotency-Key", ""))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_address[1])

    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.recv()
    pipe.send((list(taken), list(bodies)))
    pipe.poll(None)


def _snapshot(path: Path, actions: int) -> Path:
    write_decisions(path, [decision("action-0", "expansion_prompt")])
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into actions.fct_action_decisions"
            " select * exclude (n) replace ('action-' || n as action_id)"
            " from actions.fct_action_decisions, range(1, ?) as numbers(n)",
            [actions],
        )
    return path


def _append(path: Path, lines: list[bytes]) -> float:
    started = time.perf_counter()
    with path.open("ab") as file:
        for start in range(0, len(lines), _LINES_PER_FLUSH):
            file.writelines(lines[start : start + _LINES_PER_FLUSH])
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - started


def _resident_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB


def _tell(name: str, actions: int, seconds: float, reference: float, what: str) -> None:
    _say(
        f"{name}: {actions:,} actions in {seconds:.1f} s, {actions / seconds:,.0f}/s;"
        f" {seconds / reference:.1f} x {what}"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
