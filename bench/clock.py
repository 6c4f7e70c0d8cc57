"""How soon the first alert arrives under `make up`: `python -m bench.clock [--publications 30]`.

Serves an empty home as `make up` does (webserver, daemon with its sensor, the alerts' worker), publishes
snapshots with one alert and some prompts each, and prints what the ledger says. Ends with 1 above 10 s (p99).
The reference is a run of the delivery job alone, started by hand in a process of its own.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sensors.clock import alert_clock
from sensors.ledger import Ledger, open_ledger
from tests.sensors.conftest import decision, write_decisions
from warehouse.home import Home

REPOSITORY = Path(__file__).parents[1]
PROMPTS = 50
LONGEST_SECONDS = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--publications", type=int, default=30, help="(default: %(default)s)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        (Path(folder) / "input").mkdir()
        service = _up(home, Path(folder) / "input")
        try:
            ledger = open_ledger(f"sqlite:///{home.ledger}")
            for number in range(given.publications):
                _publish(home, number)
                _wait_for(ledger, f"alert-{number}")
                # Not in step with anybody's clock.
                time.sleep(random.uniform(0.2, 3.0))  # noqa: S311
            clock = alert_clock(ledger)
            ledger.close()
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
        assert clock is not None
        reference = _job_alone(home)
    sys.stdout.write(
        f"{clock.snapshots} publications: first alert after {clock.median.total_seconds():.2f} s (median),"
        f" {clock.p99.total_seconds():.2f} s (p99); a run of the delivery job alone takes {reference:.2f} s"
        f" ({clock.median.total_seconds() / reference:.2f} x)\n"
    )
    return int(clock.p99.total_seconds() > LONGEST_SECONDS)


def _up(home: Home, data: Path) -> subprocess.Popen[str]:
    service = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "orchestration.up", "--data", str(data)],
        cwd=REPOSITORY,
        env=_environment(home) | {"TIERLINE_PORT": str(_free_port())},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdout is not None
    for line in service.stdout:
        if "Ctrl-C" in line:
            return service
    raise RuntimeError("`make up` did not start")


def _environment(home: Home) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    return kept | {"TIERLINE_HOME": str(home.root), "PYTHONPATH": str(REPOSITORY)}


def _publish(home: Home, number: int) -> None:
    """As `warehouse.snapshots.publish` does: a whole file first, then the pointer."""
    unfinished = home.published / f".{number}.unfinished"
    alert = decision(f"alert-{number}", "critical_escalation", is_immediate=True)
    prompts = [decision(f"prompt-{number}-{n}", "expansion_prompt") for n in range(PROMPTS)]
    write_decisions(unfinished, [*prompts, alert])
    now = datetime.now(UTC)
    final = home.published / f"{now:%Y-%m-%dT%H%M%S.%fZ}-as-of-{now:%Y-%m-%d}.duckdb"
    unfinished.replace(final)
    link = home.published / ".next"
    link.symlink_to(final.name)
    link.replace(home.pointer)


def _wait_for(ledger: Ledger, action_id: str) -> None:
    deadline = time.monotonic() + 120
    while not (ledger.unknown([action_id]) == [] and ledger.get(action_id).state == "delivered"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{action_id} did not arrive within two minutes")
        time.sleep(0.1)


def _job_alone(home: Home) -> float:
    _publish(home, -1)
    started = time.perf_counter()
    subprocess.run(
        [
            sys.executable,
            "-m",
            "dagster",
            "job",
            "execute",
            "-m",
            "orchestration.definitions",
            "-j",
            "delivery",
        ],
        cwd=REPOSITORY,
        env=_environment(home) | {"DAGSTER_HOME": str(home.dagster)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
