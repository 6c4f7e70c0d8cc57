"""One file of the drop folder into text rows, whatever its form; damage is an `UnreadableFileError`."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from assets.sources.drop import lines
from assets.sources.drop.csv_records import stage_csv
from assets.sources.drop.files import Input, leads_out
from assets.sources.drop.formats import TableFormats
from assets.sources.drop.jsonl_records import stage_jsonl
from assets.sources.drop.lines import UnreadableFileError
from assets.sources.drop.mapping import MappedRows, MappingError
from assets.sources.drop.schema import Table
from assets.sources.drop.staging import TextRows, match, missing_columns, stage_parquet


def stage(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source: Input,
    formats: TableFormats,
    *,
    folder: Path,
    working: Path,
    mapped: Mapping[str, MappedRows],
) -> TextRows | None:
    """Stage the file's rows; None when it is empty. `working`: where a Parquet file may be unpacked."""
    if source.form == "sql":
        path = mapped[table.name].path
        assert path is not None
        return stage_parquet(connection, table, path)
    if leads_out(source.path, folder):
        raise UnreadableFileError(
            "the file is a link that leads out of the drop folder; put the file itself there"
        )
    if source.form == "csv":
        return stage_csv(connection, table, source.path, encoding=formats.encoding)
    if source.form == "jsonl":
        return stage_jsonl(connection, table, source.path, encoding=formats.encoding)
    if source.path.stat().st_size == 0:
        return None
    return stage_parquet(connection, table, _unpacked(source.path, working))


def refuse_missing_columns(rows: TextRows) -> None:
    """Raises `UnreadableFileError` for a file without a column its table cannot do without."""
    if rows.missing:
        has = ", ".join([*sorted(rows.given), *rows.unknown]) or "none"
        raise UnreadableFileError(f"the file lacks {', '.join(rows.missing)} (its columns: {has})")


def check_mapped_columns(table: Table, mapped: MappedRows) -> None:
    """Raises `MappingError` for a mapping that does not yield a column its table cannot do without."""
    missing = missing_columns(table, frozenset(match(table, mapped.columns).positions))
    if missing:
        raise MappingError(f"{table.name}.sql: it does not yield {', '.join(missing)}")


def _unpacked(path: Path, working: Path) -> Path:
    if path.suffix == ".parquet":
        return path
    target = working / "unpacked.parquet"
    with lines.opened(path) as packed, target.open("wb") as unpacked:
        shutil.copyfileobj(packed, unpacked, lines.CHUNK_BYTES)
    return target
