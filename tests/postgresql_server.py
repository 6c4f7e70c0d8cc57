"""A real PostgreSQL server in a temporary folder, on a free loopback port, for as long as a test run lasts."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

_INSTALLED = Path("/usr/lib/postgresql")
_OWNER = "postgres"
_PATIENCE_SECONDS = 60.0
# Nothing here outlives the test run, so nothing needs to reach the disk.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=100")


class NoServerError(RuntimeError):
    """PostgreSQL's programs are not here and can't be installed."""


@dataclass
class PostgresqlServer:
    """A running server. `new_database` makes an empty database and returns its URL."""

    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def new_database(self) -> str:
        name = f"ledger_{next(self._numbers)}"
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=_OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"create database {name}")
        return f"postgresql+psycopg://{_OWNER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Start Debian's PostgreSQL, installing it when it is missing and we may. Raises `NoServerError`."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="tierline-postgresql-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _OWNER)
        data, port = folder / "data", _free_port()
        _run([str(programs / "initdb"), "-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "-N"])
        place = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder)]
        options = [word for each in _SETTINGS for word in ("-c", each)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                _as_owner([str(programs / "postgres"), *place, *options]), cwd="/", stdout=log, stderr=log
            )
        try:
            _wait_for(process, port)
            yield PostgresqlServer(port)
        finally:
            # Stops at once, without writing anything down.
            process.send_signal(signal.SIGQUIT)
            process.wait(_PATIENCE_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    if not _versions() and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "postgresql"]):
            subprocess.run(
                command, check=False, capture_output=True,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )  # fmt: skip
    if not _versions():
        raise NoServerError("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return _versions()[-1]


def _versions() -> list[Path]:
    found = [path.parent for path in _INSTALLED.glob("*/bin/initdb")]
    return sorted(found, key=lambda path: int(path.parent.name))


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to be root."""
    as_owner = ["setpriv", f"--reuid={_OWNER}", f"--regid={_OWNER}", "--clear-groups"]
    return [*as_owner, *command] if os.geteuid() == 0 else command


def _run(command: list[str]) -> None:
    done = subprocess.run(_as_owner(command), cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoServerError(f"{command[0]} failed: {done.stderr}")


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user=_OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NoServerError("PostgreSQL did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
