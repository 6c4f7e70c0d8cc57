"""`python -m assets.sources.drop_folder`: look at a drop folder without touching any warehouse."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from assets.sources import drop_folder
from assets.sources.drop import formats, mapping, reading, standing
from assets.sources.drop.contract import TABLES
from assets.sources.drop.files import Input
from assets.sources.drop.formats import FormatsError
from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.mapping import MappedRows, MappingError
from assets.sources.drop.staging import match

SAMPLED_ROWS = 5
_ERRORS = (
    drop_folder.DropFolderMissingError,
    drop_folder.AccountsMissingError,
    FormatsError,
    MappingError,
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m assets.sources.drop_folder",
        description="Look at a drop folder: what would be read from it, and what would become of it. "
        "Loads nothing; `make run DATA=<folder>` does.",
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--check",
        type=Path,
        metavar="FOLDER",
        help="say which file feeds which table, which columns are unknown or "
        "missing, and whether the mappings bind; exit code 1 when something would not load",
    )
    action.add_argument(
        "--sample",
        type=Path,
        metavar="FOLDER",
        help="load into memory and print a few rows of every table, and why rows would be rejected",
    )
    parser.add_argument("--mapping", type=Path, metavar="FOLDER", help="folder with <table>.sql files")
    arguments = parser.parse_args()
    try:
        if arguments.check is not None:
            sys.exit(0 if check(arguments.check.resolve(), arguments.mapping, _say) else 1)
        sample(arguments.sample.resolve(), arguments.mapping, _say)
    except _ERRORS as error:
        sys.exit(f"{type(error).__name__}: {error}")


def check(folder: Path, mapping_folder: Path | None, say: Callable[[str], None]) -> bool:
    """Describe the folder; false when a file or mapping could not be loaded."""
    found = drop_folder.find_inputs(folder, mapping_folder)
    declared = formats.read(folder, mapping_folder)
    is_fine = True
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    with tempfile.TemporaryDirectory() as working:
        for table in TABLES.values():
            inputs = found.of(table.name)
            if not inputs:
                say(f"{table.name}: not given")
            for source in inputs:
                try:
                    given, unknown = _columns(connection, source, declared, folder, Path(working))
                except (UnreadableFileError, MappingError, OSError) as error:
                    is_fine = False
                    say(f"{table.name}: {source.name}: would not load: {error}")
                    continue
                absent = [name for name in table.column_names if name not in given]
                say(f"{table.name}: {source.name}: has {', '.join(given) or 'no rows'}")
                if unknown:
                    say(f"    kept in extra: {', '.join(unknown)}")
                if absent and given:
                    say(f"    not given: {', '.join(absent)}")
    for name, paths in found.superseded.items():
        say(f"{name}: {', '.join(paths)} left to {name}.sql")
    if found.ignored:
        say(f"not read: {', '.join(found.ignored)}")
    return is_fine


def sample(folder: Path, mapping_folder: Path | None, say: Callable[[str], None]) -> None:
    """Load into memory; print rows, counts and the commonest reasons of rejection."""
    connection = duckdb.connect()
    with tempfile.TemporaryDirectory() as quarantine:
        loads = drop_folder.load(
            connection,
            folder,
            mapping=mapping_folder,
            quarantine=Path(quarantine),
            now=datetime.now(UTC),
            progress=say,
        )
    for table in loads:
        say(
            f"{table.table}: {table.rows_in} in = {table.rows_loaded} loaded"
            f" + {table.rows_duplicate} duplicate + {table.rows_quarantined} quarantined"
        )
        cursor = connection.execute(
            f"from {standing.SCHEMA}.{table.table} where not _is_duplicate limit {SAMPLED_ROWS}"
        )
        names = [column[0] for column in cursor.description or []]
        for row in cursor.fetchall():
            values = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            say("    " + json.dumps(values, default=str, ensure_ascii=False))
        for reason, rows, file, line in connection.execute(
            f"select reason, count(*), min(file), min(line) from {standing.SCHEMA}._quarantine"
            f" where source_table = ? group by reason order by 2 desc limit {SAMPLED_ROWS}",
            [table.table],
        ).fetchall():
            say(f"    rejected {rows} times: {reason} (first in {file}, line {line})")


def _columns(
    connection: duckdb.DuckDBPyConnection,
    source: Input,
    declared: formats.Formats,
    folder: Path,
    working: Path,
) -> tuple[list[str], list[str]]:
    """A file's contract columns in the contract's order, and its other columns."""
    table = TABLES[source.table]
    if source.form == "sql":
        bound: MappedRows = mapping.run(folder, {table.name: source.path}, working=None)[table.name]
        reading.check_mapped_columns(table, bound)
        matched = match(table, bound.columns)
        return [name for name in table.column_names if name in matched.positions], list(matched.rest)
    rows = reading.stage(
        connection, table, source, declared.tables[table.name], folder=folder, working=working, mapped={}
    )
    if rows is None:
        return [], []
    reading.refuse_missing_columns(rows)
    return [name for name in table.column_names if name in rows.given], list(rows.unknown)


def _say(message: str) -> None:
    sys.stdout.write(message + "\n")
