"""The command line of every connector: `python -m assets.sources.<system>`."""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.sources.api.secrecy import Scrubber
from assets.sources.api.settings import ApiSettings
from assets.sources.connector import Connector, ConnectorError, Places, TableLoad
from assets.sources.settings import (
    ConnectorSettings,
    ConnectorSettingsError,
    read_settings,
    secrets,
    variables,
)

SAMPLED_ROWS = 5
_WIDEST_CELL = 60
_STATE_WIDTH = len("left out")
Say = Callable[[str], None]


def main(connector: Connector[Any], arguments: Sequence[str] | None = None) -> None:
    """Exit code 0: all fine; 1: something could not be read; 2: settings or arguments are wrong."""
    parser = _parser(connector)
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.table or ()) - set(connector.table_names))
    if unknown:
        parser.error(f"no table {', '.join(unknown)}; there are: {', '.join(connector.table_names)}")
    try:
        settings = read_settings(connector.system, connector.settings_type, os.environ)
    except ConnectorSettingsError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(2)
    if not (asked.check or asked.sample) and (problem := _no_place(asked.warehouse)):
        parser.error(problem)
    try:
        is_fine = _act(connector, settings, asked)
    except ConnectorError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.exit(1)
    except Exception as error:
        sys.stderr.write(_unexpected(error, settings))
        sys.exit(1)
    sys.exit(0 if is_fine else 1)


def _no_place(warehouse: Path) -> str | None:
    """Why nothing can be written there, and what to do; its folder is made if there is none."""
    folder = warehouse.resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        return f"there is no folder {folder}, nor can it be made ({why}): give --warehouse another one"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"nothing can be written in {folder}: change its permissions, or give --warehouse another one"
    if warehouse.is_dir():
        return f"{warehouse} is a folder: give --warehouse the name of a file in it"
    return None


def _unexpected(error: Exception, settings: ConnectorSettings) -> str:
    """On one line, with the place, for those who mend it."""
    *_, place = traceback.extract_tb(error.__traceback__)
    where = f"{Path(place.filename).name}, line {place.lineno}"
    text = " ".join(Scrubber(secrets(settings))(str(error)).split())
    return f"Unexpected {type(error).__name__} in {where}: {text}\n"


def _parser(connector: Connector[Any]) -> argparse.ArgumentParser:
    names = "\n".join(f"  {name}" for name in variables(connector.system, connector.settings_type)[1:])
    parser = argparse.ArgumentParser(
        prog=f"python -m assets.sources.{connector.system}",
        description=f"Load {connector.system} into raw_{connector.system} of a DuckDB file; or just look.",
        epilog=f"tables: {', '.join(connector.table_names)}\n\nsettings, from the environment:\n{names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check", action="store_true", help="try the credentials and every permission; load nothing"
    )
    action.add_argument(
        "--sample", action="store_true", help="print rows as they would be loaded; load nothing"
    )
    parser.add_argument("--table", action="append", metavar="T", help="with --sample: only this table")
    parser.add_argument(
        "--rows", type=int, default=SAMPLED_ROWS, metavar="N", help="with --sample: rows of each table"
    )
    parser.add_argument(
        "--warehouse",
        type=Path,
        default=Path(f"{connector.system}.duckdb"),
        metavar="FILE",
        help="DuckDB file to load into (default: %(default)s); beside it the folders dlt/ and quarantine/",
    )
    return parser


def _act(connector: Connector[Any], settings: Any, asked: argparse.Namespace) -> bool:
    now = datetime.now(UTC)
    if asked.check:
        return _checked(connector, settings)
    if asked.sample:
        tables = asked.table or connector.table_names
        for name, sampled in connector.sample(settings, tables, asked.rows, now=now, tell=_note):
            _say(f"{name}: {len(sampled)} rows")
            _records(sampled, _say)
        return True
    folder = asked.warehouse.resolve().parent
    places = Places(folder / "dlt", folder / "quarantine")
    loads = connector.load(asked.warehouse.resolve(), settings, places=places, now=now, tell=_note)
    table(("table", "in", "loaded", "duplicate", "quarantined"), [_counts(each) for each in loads], _say)
    if any(each.rows_quarantined for each in loads):
        _say(f"rejected rows and reasons: {places.quarantine / connector.system}")
    return True


def _checked(connector: Connector[Any], settings: ConnectorSettings) -> bool:
    """Each finding is told as it comes: what a vendor lets one wait for is not waited out in silence."""
    if isinstance(settings, ApiSettings):
        settings = settings.for_a_person_who_waits()
    widths = (_STATE_WIDTH, max(map(len, ("what", *connector.table_names))))
    _aligned(("", "what", "result"), widths)
    is_fine = True
    for each in connector.check(settings):
        _aligned((each.state, each.subject, each.detail), widths)
        is_fine = is_fine and each.is_fine
        if each.is_unreachable:
            _note(f"nobody answers at the address of {connector.system}; the rest was not asked")
            break
    return is_fine


def _aligned(row: tuple[str, str, str], widths: tuple[int, int]) -> None:
    state, subject, detail = (_cell(each, is_cut=False) for each in row)
    _say(f"{state.ljust(widths[0])}  {subject.ljust(widths[1])}  {detail}")
    sys.stdout.flush()


def table(header: Sequence[str], rows: Iterable[Sequence[object]], say: Say) -> None:
    """Aligned columns, numbers to the right; long cells cut."""
    shown = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *shown, strict=True)]
    for row in (list(header), *shown):
        cells = [
            cell.rjust(width) if cell.replace(",", "").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        say("  ".join(cells).rstrip())


def _records(rows: Sequence[Mapping[str, Any]], say: Say) -> None:
    for row in rows:
        say("")
        given = {name: value for name, value in row.items() if value is not None}
        width = max(map(len, given), default=0)
        for name, value in given.items():
            say(f"  {name.ljust(width)}  {_cell(value)}")
    say("")


def _cell(value: object, *, is_cut: bool = True) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = " ".join(text.split())
    return text if not is_cut or len(text) <= _WIDEST_CELL else text[: _WIDEST_CELL - 1] + "…"


def _counts(load: TableLoad) -> tuple[object, ...]:
    return (load.table, load.rows_in, load.rows_loaded, load.rows_duplicate, load.rows_quarantined)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _note(line: str) -> None:
    sys.stderr.write(line + "\n")
