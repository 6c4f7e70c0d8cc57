"""`python -m sensors preview`: look at every message before anybody gets one."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sensors.environment import DeliveryEnvironment
from sensors.preview import EXAMPLE_FACTS, preview
from warehouse.snapshots import NothingPublishedError, current


class NoSuchHomeError(ValueError):
    """`TIERLINE_HOME` names a folder that is not there."""


def show(given: argparse.Namespace, environment: DeliveryEnvironment, console: Console) -> int:
    """Raises `NoSuchHomeError`: of a mistyped home, examples would look like what its customers get."""
    root = environment.state.root
    if "home" in environment.model_fields_set and given.out is None and not root.is_dir():
        raise NoSuchHomeError(
            f"there is no folder {root}, which TIERLINE_HOME names; --out previews elsewhere"
        )
    try:
        snapshot = None if given.facts else current(environment.state)
    except NothingPublishedError:
        snapshot = None
    folder = given.out or root / "preview"
    shown = preview(
        snapshot,
        folder,
        facts=given.facts or EXAMPLE_FACTS,
        play=given.play,
        unsubscribing=environment.unsubscribing,
    )
    examples = sum(each.is_example for each in shown)
    console.print(
        f"{len(shown):,} plays, {examples:,} of them with example facts: {escape(str(folder / 'index.html'))}"
    )
    return 0


def add_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser; it needs no ledger. `add` takes a name and texts."""
    text = "write every play's message to files to look at; nothing is sent"
    parser = add("preview", help=text, description=text)
    parser.set_defaults(ledgerless=show)
    parser.add_argument("--play", help="this play only")
    parser.add_argument("--out", type=Path, help="the folder (default: preview/ in TIERLINE_HOME)")
    parser.add_argument(
        "--facts",
        type=Path,
        help="show these example facts (JSON) and no snapshot; see templates/preview/facts.json",
    )
