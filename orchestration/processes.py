"""Child processes that live and die together."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.1


@dataclass
class Child:
    """One process, leader of a process group of its own so that a Ctrl-C in the terminal reaches only us."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None


def start(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
) -> Child:
    """Start `command` in `folder`, its output going to `log` (written anew)."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(name, process, log)


def stop(children: Sequence[Child], *, patience_seconds: float) -> list[str]:
    """Ask all to stop, wait, then kill what is left, grandchildren too. Returns who had to be killed."""
    for child in children:
        _signal(child, signal.SIGINT)
    deadline = time.monotonic() + patience_seconds
    while any(child.is_running for child in children) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    stubborn = [child.name for child in children if child.is_running]
    for child in children:
        with suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
    return stubborn


def _signal(child: Child, number: signal.Signals) -> None:
    if child.is_running:
        with suppress(ProcessLookupError):
            child.process.send_signal(number)
