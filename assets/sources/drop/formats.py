"""`formats.toml`: how a folder writes dates, missing values and text, where that is not ISO and UTF-8.

[default]
date = "%d/%m/%Y"            # every date column
timestamp = ["%d/%m/%Y %H:%M", "epoch_seconds"]
encoding = "cp1252"
missing = ["NULL", "n/a"]    # texts that stand for no value

[usage_events]
occurred_at = "%d-%m-%Y"     # one column; wins over the default
encoding = "latin-1"
"""

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.sources.drop.contract import TABLES
from assets.sources.drop.schema import Kind, Table

FILE_NAME = "formats.toml"
EPOCHS = ("epoch_seconds", "epoch_milliseconds")


class FormatsError(ValueError):
    """`formats.toml` says something that cannot be followed."""


@dataclass(frozen=True)
class TableFormats:
    """Formats per date or timestamp column (tried before ISO), the texts of no value, the encoding."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Formats:
    """`text` is what stood in the file; it is part of every fingerprint, so a change reads all again."""

    tables: Mapping[str, TableFormats]
    text: str = ""


def read(folder: Path, mapping: Path | None) -> Formats:
    """From the mapping folder if there is one, else from the drop folder; raises `FormatsError`."""
    for place in (mapping, folder):
        path = place / FILE_NAME if place is not None else None
        if path is not None and path.is_file():
            try:
                text = path.read_text("utf-8-sig")
                declared = tomllib.loads(text)
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise FormatsError(f"{path.name} is not valid TOML: {error}") from error
            unknown = set(declared) - set(TABLES) - {"default"}
            if unknown:
                raise FormatsError(
                    f"{path.name}: [{sorted(unknown)[0]}] is no table of the contract, nor [default]"
                )
            default = declared.get("default", {})
            tables = {
                name: _of_table(table, default, declared.get(name, {})) for name, table in TABLES.items()
            }
            return Formats(tables, text)
    return Formats({name: TableFormats() for name in TABLES})


def _of_table(table: Table, default: Mapping[str, Any], own: Mapping[str, Any]) -> TableFormats:
    dated = {
        column.name: column.kind for column in table.columns if column.kind in (Kind.DATE, Kind.TIMESTAMP)
    }
    for source, allowed in (
        (default, {Kind.DATE.value, Kind.TIMESTAMP.value}),
        (own, set(dated)),
    ):
        unknown = set(source) - allowed - {"missing", "encoding"}
        if unknown:
            raise FormatsError(
                f"{FILE_NAME}: '{sorted(unknown)[0]}' cannot be declared for {table.name}; "
                f"choose from {', '.join(sorted(allowed | {'missing', 'encoding'}))}"
            )
    columns = {
        name: _texts(name, own.get(name, default.get(kind.value, ())))
        for name, kind in dated.items()
        if name in own or kind.value in default
    }
    encoding = str(own.get("encoding", default.get("encoding", "utf-8")))
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise FormatsError(f"{FILE_NAME}: there is no encoding '{encoding}'") from error
    return TableFormats(columns, _texts("missing", own.get("missing", default.get("missing", ()))), encoding)


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(each, str) for each in values):
        raise FormatsError(f"{FILE_NAME}: {name} must be a text or a list of texts")
    return tuple(values)
