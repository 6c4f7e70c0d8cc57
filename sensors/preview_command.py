"""`python -m sensors preview`: look at every message before anybody gets one."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.preview import EXAMPLE_FACTS, preview
from warehouse.snapshots import NothingPublishedError, current


def show(
    given: argparse.Namespace, environment: DeliveryEnvironment, _ledger: Ledger, console: Console
) -> int:
    try:
        snapshot = None if given.facts else current(environment.state)
    except NothingPublishedError:
        snapshot = None
    folder = given.out or environment.state.root / "preview"
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
    """Add the command to the parser; `add` takes a name, a function and a text."""
    parser = add("preview", show, "write every play's message to files to look at; nothing is sent")
    parser.add_argument("--play", help="this play only")
    parser.add_argument("--out", type=Path, help="the folder (default: preview/ in TIERLINE_HOME)")
    parser.add_argument(
        "--facts",
        type=Path,
        help="show these example facts (JSON) and no snapshot; see templates/preview/facts.json",
    )
