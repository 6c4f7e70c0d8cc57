"""`make up`, for real: its processes answer, and stop together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.definitions import MANIFEST
from orchestration.processes import start, stop
from orchestration.settings import REPOSITORY

ASKED = """{
  workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
    ... on PythonError { message }
    ... on RepositoryLocation { repositories {
      schedules { name scheduleState { status } } sensors { name sensorState { status } } } } } } } }
  instance { daemonHealth { allDaemonStatuses { daemonType healthy } } }
}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _up(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "input").mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    settings = {
        "TIERLINE_HOME": str(tmp_path / "home"),
        "TIERLINE_PORT": str(port),
        "TIERLINE_ENVIRONMENT": "production",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.up", "--data", str(tmp_path / "input")],
        cwd=REPOSITORY,
        env={**inherited, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _ask(port: int) -> dict[str, object]:
    body = json.dumps({"query": ASKED}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content: dict[str, object] = json.load(answer)["data"]
        return content


def _group_is_gone(group: int) -> bool:
    """Within seconds: what was killed has to be collected by the system before its group ends."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def _groups(process: subprocess.Popen[str]) -> list[int]:
    """The children of `process`; each leads a group of its own."""
    parents = {
        int(status.parent.name): int(status.read_text().rpartition(")")[2].split()[1])
        for status in Path("/proc").glob("[0-9]*/stat")
    }
    return [child for child, parent in parents.items() if parent == process.pid]


@pytest.mark.skipif(not MANIFEST.exists(), reason="the dbt manifest is not prepared; `make setup` does it")
@pytest.mark.skipif(sys.platform != "linux", reason="finds the children in /proc")
def test_dagster_answers_runs_its_daemon_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = _free_port()
    with _up(tmp_path, port) as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        while told[-1] and "Ctrl-C" not in told[-1]:
            told.append(process.stdout.readline())
        assert f"http://127.0.0.1:{port}" in "".join(told)

        answer = json.dumps(_ask(port))
        for name in ("scheduled_ingest", "score_after_ingest", "published_decisions"):
            assert f'"name": "{name}"' in answer, answer
        assert "STOPPED" not in answer, "in production everything runs from the start"
        deadline = time.monotonic() + 60
        while '"SCHEDULER", "healthy": true' not in answer and time.monotonic() < deadline:
            time.sleep(1)
            answer = json.dumps(_ask(port))
        assert '"SCHEDULER", "healthy": true' in answer

        with _up(tmp_path, _free_port()) as second:
            output, _ = second.communicate(timeout=60)
            assert second.returncode == 2
            assert "another `make up` serves" in output

        groups = _groups(process)
        assert len(groups) == 3
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert rest.endswith("Stopped.\n")
        assert all(_group_is_gone(group) for group in groups)


def test_a_taken_port_gets_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with _up(tmp_path, other.getsockname()[1]) as process:
            output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "set TIERLINE_PORT" in output


def test_a_home_that_is_no_folder_gets_one_clear_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("kept")
    with _up(tmp_path, _free_port()) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert output == f"Not started: TIERLINE_HOME={home} can't be written to: it is not a folder\n"


def test_a_process_that_ignores_the_request_is_killed_with_its_children(tmp_path: Path) -> None:
    stubborn = "trap '' INT TERM; sleep 60 & sleep 60; sleep 60"
    child = start(
        "stubborn", ["/bin/sh", "-c", stubborn], environment=os.environ, folder=tmp_path, log=tmp_path / "log"
    )
    time.sleep(0.3)
    assert stop([child], patience_seconds=0.3) == ["stubborn"]
    assert _group_is_gone(child.process.pid)
