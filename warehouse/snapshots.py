"""Published snapshots: audited marts, actions and policy under versioned names, behind one pointer.

A process that holds a replaced file keeps seeing its old rows, even through a new connection to the same
path (DuckDB shares the open file), so a version is never written twice and readers resolve the pointer first.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse.home import Home

SCHEMAS = ("marts", "actions", "policy")
# The oldest DuckDB whose tools can read a snapshot.
STORAGE_VERSION = "v1.5.0"
KEPT_VERSIONS = 5
_MOMENT = "%Y-%m-%dT%H%M%S.%fZ"
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}\.\d{6}Z-as-of-\d{4}-\d{2}-\d{2}")


class NothingPublishedError(RuntimeError):
    """No snapshot has passed its audit yet."""


@dataclass(frozen=True)
class Snapshot:
    """One published version. `version` names its moment of publishing and the day it is as of."""

    path: Path
    tables: dict[str, int]

    @property
    def version(self) -> str:
        return self.path.stem


def publish(connection: duckdb.DuckDBPyConnection, home: Home, *, as_of: date, now: datetime) -> Snapshot:
    """Copy the audited schemas into a new version and swing the pointer to it, atomically.

    `connection` is the working database's. Killed at any moment, the pointer names a whole snapshot:
    the old one or the new one. Returns the snapshot with its row count per `schema.table`.
    """
    home.create()
    version = f"{now.astimezone(UTC):{_MOMENT}}-as-of-{as_of.isoformat()}"
    final = home.published / f"{version}.duckdb"
    unfinished = home.published / f".{version}.unfinished"
    unfinished.unlink(missing_ok=True)
    connection.execute(f"attach '{_quoted(unfinished)}' as snapshot (storage_version '{STORAGE_VERSION}')")
    try:
        counts = {name: _copy(connection, name) for name in _relations(connection)}
        connection.execute("create schema snapshot.meta")
        connection.execute(
            "create table snapshot.meta.snapshot as"
            " select ? as version, ?::date as as_of, ?::timestamp as published_at",
            [version, as_of, now.astimezone(UTC).replace(tzinfo=None)],
        )
    finally:
        connection.execute("detach snapshot")
    unfinished.replace(final)
    _point(home, final)
    _prune(home, keep=KEPT_VERSIONS)
    return Snapshot(path=final, tables=counts)


def published_at(version: str) -> datetime | None:
    """The moment in a version's name; None for a name that is no version's."""
    if not _VERSION.fullmatch(version):
        return None
    return datetime.strptime(version.partition("-as-of-")[0], _MOMENT).replace(tzinfo=UTC)


def current(home: Home) -> Path:
    """The file of the last audited snapshot. Raises `NothingPublishedError` when there is none."""
    if not home.pointer.exists():
        raise NothingPublishedError(f"nothing is published under {home.published}; run `make run` first")
    return home.pointer.resolve(strict=True)


def published_or_none(home: Home) -> Path | None:
    """The same, if there is one yet."""
    try:
        return current(home)
    except NothingPublishedError:
        return None


def newest_beside(version: Path) -> Path | None:
    """What the pointer in a version's folder names by now; None where there is none."""
    pointer = version.parent / Home(version.parent.parent).pointer.name
    return pointer.resolve() if pointer.exists() else None


@contextmanager
def open_snapshot(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open one version, read-only; any number of processes may. Times are UTC."""
    connection = duckdb.connect(str(path), read_only=True)
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def _relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables and views alike: in a snapshot everything is a table."""
    rows = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_catalog = current_database() and list_contains(?, table_schema) order by 1",
        [list(SCHEMAS)],
    ).fetchall()
    return [name for (name,) in rows]


def _copy(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    schema = name.partition(".")[0]
    connection.execute(f"create schema if not exists snapshot.{schema}")
    connection.execute(f"create table snapshot.{name} as from {name}")
    row = connection.execute(f"select count(*) from snapshot.{name}").fetchone()
    assert row is not None
    return int(row[0])


def _point(home: Home, target: Path) -> None:
    link = home.published / ".current.next"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(home.pointer)


def _prune(home: Home, *, keep: int) -> None:
    """Drop all but the newest versions, and what a killed run left unfinished."""
    served = home.pointer.resolve()
    versions = sorted(path for path in home.published.glob("*.duckdb") if _VERSION.fullmatch(path.stem))
    for path in [*versions[:-keep], *home.published.glob(".*.unfinished*")]:
        if path != served:
            with suppress(FileNotFoundError):
                path.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
