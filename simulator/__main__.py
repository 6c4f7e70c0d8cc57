"""Command line: `python -m simulator drop-folder OUT`, `... serve --data DIR`, `... pictures`."""

import argparse
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from simulator import drop_folder
from simulator.effects import Effects, EffectsError
from simulator.scenario import Scenario, ScenarioError


def _yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A SaaS company in a box.")
    commands = parser.add_subparsers(dest="command", required=True)
    folder = commands.add_parser("drop-folder", help="write a company as a drop folder")
    folder.add_argument("out", type=Path)
    folder.add_argument("--accounts", type=int, default=1000)
    folder.add_argument("--csms", type=int)
    folder.add_argument("--months", type=int, default=18)
    folder.add_argument("--seed", type=int, default=7)
    folder.add_argument("--end", type=date.fromisoformat, help="last day (default: yesterday)")
    folder.add_argument("--automation-month", type=int, help="live from this month on (default: half-time)")
    folder.add_argument("--automation", choices=("standing", "none"), default="standing")
    folder.add_argument("--intensity", type=float, default=1.0, help="multiplies usage events")
    folder.add_argument("--effects", type=Path, help="JSON file of true effects")
    folder.add_argument("--format", choices=drop_folder.FORMATS, default="parquet")
    folder.add_argument("--truth", type=Path, help="folder for the truth (default: none is written)")
    folder.add_argument("--replace", action="store_true", help="replace a simulated folder that is there")
    server = commands.add_parser("serve", help="serve a company through its vendors' APIs")
    server.add_argument("--data", type=Path, required=True, help="folder for usage files and requests.jsonl")
    server.add_argument("--port", type=int, default=0, help="default: any free one, which it prints")
    server.add_argument("--faults", type=Path, help="JSON file of limits, faults, secrets and identity noise")
    server.add_argument("--accounts", type=int, default=1000)
    server.add_argument("--months", type=int, default=18)
    server.add_argument("--seed", type=int, default=7)
    server.add_argument("--end", type=date.fromisoformat, help="last day (default: yesterday)")
    server.add_argument("--until", type=date.fromisoformat, help="day it begins with (default: the last)")
    server.add_argument("--truth", type=Path, help="folder for what is true, and who is who at each vendor")
    server.add_argument(
        "--drop-folder",
        type=Path,
        help="folder for the tables that no vendor carries (features, billing, CSMs)",
    )
    server.add_argument(
        "--one-of-each", action="store_true", help="show each thing at one vendor (split: one_of_each)"
    )
    server.add_argument(
        "--ahead", action="store_true", help="make the vendors' long lists at once, before somebody asks"
    )
    album = commands.add_parser("pictures", help="draw the pictures of docs/simulator.md")
    album.add_argument("--out", type=Path, default=Path("docs/images"))
    return parser


def _show(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 5 == 0 or done == of):
        sys.stderr.write(f"\rSimulating: day {done} of {of}" + ("\n" if done == of else ""))


def _pictures(folder: Path) -> int:
    from simulator.pictures import draw  # noqa: PLC0415 -- a drawing library is slow to import

    sys.stdout.write("".join(f"{path}\n" for path in draw(folder)))
    return 0


def _serve(given: argparse.Namespace) -> int:
    from simulator.vendors.serve import serve  # noqa: PLC0415 -- only who serves needs the vendors

    scenario = Scenario(
        end=given.end or _yesterday(), accounts=given.accounts, months=given.months, seed=given.seed
    )
    serve(
        scenario,
        given.data,
        until=given.until,
        port=given.port,
        faults=given.faults,
        truth=given.truth,
        own_tables=given.drop_folder,
        one_of_each=given.one_of_each,
        ahead=given.ahead,
    )
    return 0


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 2 for a wish that makes no sense, 1 for what the machine refuses: a folder, a port."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "pictures":
            return _pictures(given.out)
        if given.command == "serve":
            return _serve(given)
        rows = drop_folder.write(
            given.out,
            accounts=given.accounts,
            csms=given.csms,
            months=given.months,
            seed=given.seed,
            end=given.end or _yesterday(),
            automation_month=given.automation_month,
            automation=given.automation,
            intensity=given.intensity,
            effects=Effects.read(given.effects) if given.effects else None,
            file_format=given.format,
            truth=given.truth,
            replace=given.replace,
            progress=_show,
        )
    except (ScenarioError, EffectsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        where = f"{error.filename} can't be written to or read: " if error.filename else ""
        sys.stderr.write(f"{where}{error.strerror or error}\n")
        return 1
    sys.stdout.write("".join(f"{table:>18}  {count:>12,}\n" for table, count in rows.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
