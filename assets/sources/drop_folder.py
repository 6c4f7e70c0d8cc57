"""The drop folder: files in the contract's shape, or any export with SQL mappings, into `raw_drop_folder`.

<table>.csv|jsonl|parquet[.gz|.zst], <table>/… or <table>.sql  →  raw_drop_folder.<table>
what breaks a rule                                             →  raw_drop_folder._quarantine

Everything happens in one transaction: killed at any moment, the warehouse holds the state before the load
or after it. Runs alone: `python -m assets.sources.drop_folder --help`.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from assets.sources.drop import files, formats
from assets.sources.drop.contract import TABLES
from assets.sources.drop.files import Found
from assets.sources.drop.quarantine import export
from assets.sources.drop.standing import SOURCE
from assets.sources.drop.table_loading import Load, TableLoad, load_tables

__all__ = ["AccountsMissingError", "DropFolderMissingError", "TableLoad", "find_inputs", "load"]


class DropFolderMissingError(FileNotFoundError):
    """The drop folder, or the mapping folder, is not there."""


class AccountsMissingError(ValueError):
    """The folder has no `accounts`, and without them nothing belongs to anyone."""


def load(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    mapping: Path | None = None,
    quarantine: Path,
    now: datetime,
    progress: Callable[[str], None] = lambda message: None,
    has_other_systems: bool = False,
) -> list[TableLoad]:
    """Bring `raw_drop_folder` up to date with the folder; returns one entry per table of the contract.

    `quarantine`: the home's quarantine folder; rejected rows are exported to `drop_folder/<table>.jsonl` in
    it. `has_other_systems`: a folder without `accounts` is fine, it adds to what they hold.
    `now`: aware; decides what lies in the future. The connection's time zone is set to UTC. Raises
    `DropFolderMissingError`, `AccountsMissingError`, `FormatsError`, `MappingError`; the warehouse is then
    as it was.
    """
    folder = Path(folder).resolve()
    found = find_inputs(folder, mapping, needs_accounts=not has_other_systems)
    declared = formats.read(folder, mapping)
    connection.execute("set timezone = 'UTC'")
    with _working_folder(quarantine / SOURCE) as working:
        connection.execute("begin transaction")
        try:
            loads = load_tables(
                Load(
                    connection,
                    folder,
                    found,
                    declared,
                    working,
                    now,
                    progress,
                    accounts_elsewhere=not found.of("accounts"),
                )
            )
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
    export(connection, quarantine / SOURCE, list(TABLES))
    return loads


def find_inputs(folder: Path, mapping: Path | None, *, needs_accounts: bool = True) -> Found:
    """What the folder holds. Raises `DropFolderMissingError`, `AccountsMissingError`."""
    for place, name in ((folder, "drop folder"), (mapping, "mapping folder")):
        if place is not None and not place.is_dir():
            raise DropFolderMissingError(
                f"there is no {name} at {place}; give the path of an existing folder"
            )
    found = files.find(folder, mapping)
    if needs_accounts and not found.of("accounts"):
        raise AccountsMissingError(
            f"{folder} has no accounts: add accounts.csv (or .jsonl, .parquet, a folder accounts/), "
            "or an accounts.sql that maps one of its files, there or in the mapping folder"
        )
    return found


@contextmanager
def _working_folder(parent: Path) -> Iterator[Path]:
    """An empty folder for the time of the load; what a killed load left in it goes first."""
    working = parent / ".working"
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    try:
        yield working
    finally:
        shutil.rmtree(working, ignore_errors=True)


if __name__ == "__main__":
    from assets.sources.drop.command import main

    main()
