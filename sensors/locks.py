"""Locks that vanish with the process that holds them.

They answer one question no table can: is the worker that claimed this row still alive?
"""

import fcntl
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, text


class Locks(Protocol):
    def wait(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock inside the `with`, waiting for whoever has it."""
        ...

    def attempt(self, name: str) -> AbstractContextManager[bool]:
        """Hold the lock inside the `with` if nobody has it; yields whether it is held."""
        ...


class FileLocks:
    """`flock` on files in one folder; the kernel lets go when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def wait(self, name: str) -> Iterator[None]:
        with self._opened(name) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        with self._opened(name) as descriptor:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        self.folder.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^\w.-]", "_", name)
        descriptor = os.open(self.folder / f"{safe}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class AdvisoryLocks:
    """PostgreSQL's session-level advisory locks; the server lets go when the session ends."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def wait(self, name: str) -> Iterator[None]:
        with self._session("select pg_advisory_lock(:a, :b)", name):
            yield

    @contextmanager
    def attempt(self, name: str) -> Iterator[bool]:
        with self._session("select pg_try_advisory_lock(:a, :b)", name) as answer:
            yield bool(answer)

    @contextmanager
    def _session(self, query: str, name: str) -> Iterator[object]:
        key = {"a": _signed(zlib.crc32(b"tierline")), "b": _signed(zlib.crc32(name.encode()))}
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            answer = connection.execute(text(query), key).scalar()
            try:
                yield answer
            finally:
                if answer is not False:
                    connection.execute(text("select pg_advisory_unlock(:a, :b)"), key)


def _signed(value: int) -> int:
    """crc32 is unsigned; PostgreSQL's int4 is not."""
    return value - 2**32 if value >= 2**31 else value
