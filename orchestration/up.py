"""`make up`: Dagster's webserver and daemon, and the alerts' worker, until Ctrl-C or SIGTERM.

Exit codes: 0 stopped as asked; 1 something did not start or ended by itself; 2 the command makes no sense.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TextIO

from assets.as_of import yesterday
from orchestration.inputs import Input, InputMissingError, MixedCompaniesError, choose
from orchestration.instance import AlreadyWorkingError, only_service, open_instance
from orchestration.processes import Child, start, stop
from orchestration.progress import Progress
from orchestration.settings import REPOSITORY, Settings, SettingsError, read_settings
from orchestration.simulation import Simulation, SimulationError
from sensors.channels.channel import ChannelMisconfiguredError
from sensors.channels.checking import check_destinations
from sensors.environment import IncompleteChannelError
from warehouse.writing import NotWritableError, writing_to

_READY_SECONDS = 120.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.5


class PortTakenError(RuntimeError):
    """Something else listens where the webserver should."""


def main(arguments: Sequence[str], stream: TextIO) -> int:
    tell = Progress(stream)
    parser = argparse.ArgumentParser(prog="python -m orchestration.up", description="Serve Dagster.")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="drop folder the schedule reads")
    parser.add_argument("--mapping", type=Path, metavar="FOLDER", help="SQL mappings over it")
    given = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        settings = read_settings(data=given.data, mapping=given.mapping)
        check_destinations(settings.channels(), settings.operations().channels())
        source = choose(settings)
        _ensure_free(settings.host, settings.port)
    except (
        SettingsError,
        IncompleteChannelError,
        ChannelMisconfiguredError,
        InputMissingError,
        MixedCompaniesError,
        PortTakenError,
    ) as error:
        tell(f"Not started: {error}")
        return 2
    home = settings.state
    try:
        with open_instance(home) as instance, only_service(home, instance):
            return _serve(source, tell, stopping)
    except (AlreadyWorkingError, NotWritableError, SimulationError) as error:
        tell(f"Not started: {error}")
        return 2


def _serve(source: Input, tell: Callable[[str], None], stopping: threading.Event) -> int:
    settings = source.settings
    logs = settings.state.root / "logs"
    with writing_to(f"TIERLINE_HOME={settings.state.root}"):
        logs.mkdir(exist_ok=True)
    tell(f"Tierline serves {settings.state.root}, reading {source.origin}")
    address = f"http://{settings.host}:{settings.port}"
    children: list[Child] = []
    with Simulation(settings, tell=tell) as simulation:
        simulated: Mapping[str, str] = {}
        if source.is_simulated:
            simulation.launch(yesterday=yesterday(datetime.now(UTC)))
            simulation.live_on(yesterday=yesterday(datetime.now(UTC)))
            simulated = simulation.environment()
        environment = child_environment(settings, {**os.environ, **simulated})
        try:
            for name, command in commands(settings).items():
                log = logs / f"{name}.log"
                children.append(start(name, command, environment=environment, folder=REPOSITORY, log=log))
            ended = _until(lambda: _answers(address), children, stopping, seconds=_READY_SECONDS)
            if ended is None and not stopping.is_set():
                _tell_addresses(settings, address, tell)
                ended = _until(lambda: _goes_on(simulation, source), children, stopping, seconds=None)
        finally:
            tell("Stopping ...")
            for name in stop(children, patience_seconds=_STOP_SECONDS):
                tell(f"{name} did not stop within {_STOP_SECONDS:.0f} s and was killed")
    if ended is not None:
        tell(f"Failed: {ended}")
        return 1
    tell("Stopped.")
    return 0


def _goes_on(simulation: Simulation, source: Input) -> bool:
    """A simulated company lives as long as it is served. Never done."""
    if source.is_simulated:
        simulation.live_on(yesterday=yesterday(datetime.now(UTC)))
    return False


def commands(settings: Settings) -> dict[str, list[str]]:
    """What runs, by name. Dagster's two load `workspace.yaml`; its daemon runs schedules, sensors and queued
    runs. The alerts' worker sends immediate actions without waiting for a run to start.
    """
    workspace = str(REPOSITORY / "workspace.yaml")
    python = sys.executable
    return {
        "webserver": [
            *(python, "-m", "dagster_webserver", "--workspace", workspace),
            *("--host", settings.host, "--port", str(settings.port)),
        ],
        "daemon": [python, "-m", "dagster._daemon", "run", "--workspace", workspace],
        "alerts": [python, "-m", "sensors", "work"],
    }


def child_environment(settings: Settings, base: Mapping[str, str]) -> dict[str, str]:
    """`base` with what the definitions read made absolute, so that it means the same in every process."""
    environment = {
        **base,
        "DAGSTER_HOME": str(settings.state.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "PYTHONPATH": str(REPOSITORY),
        "TIERLINE_HOME": str(settings.state.root),
    }
    for name, folder in (("TIERLINE_DATA", settings.data), ("TIERLINE_MAPPING", settings.mapping)):
        if folder is not None:
            environment[name] = str(folder)
    return environment


def _tell_addresses(settings: Settings, address: str, tell: Callable[[str], None]) -> None:
    tell(f"Dagster   {address}")
    if settings.environment == "production":
        tell(f"Schedule  ingest at {settings.schedule} (cron, UTC), then scoring and delivery")
    else:
        tell(f"Schedule  off in {settings.environment}; switch it on at {address}/automation")
    tell("Ctrl-C stops it.")


def _until(
    is_done: Callable[[], bool],
    children: Sequence[Child],
    stopping: threading.Event,
    *,
    seconds: float | None,
) -> str | None:
    """Wait until done or told to stop. Returns what went wrong, if a child ended or the time did."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not stopping.is_set() and not is_done():
        for child in children:
            if not child.is_running:
                code = child.process.returncode
                return f"the {child.name} ended by itself (exit code {code}); see {child.log}"
        if deadline is not None and time.monotonic() > deadline:
            return f"the webserver did not answer within {seconds:.0f} s; see {children[0].log}"
        stopping.wait(_POLL_SECONDS)
    return None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=2) as answer:  # noqa: S310 - our own
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def _ensure_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"{host}:{port} can't be used ({error.strerror}); set TIERLINE_PORT"
            ) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
