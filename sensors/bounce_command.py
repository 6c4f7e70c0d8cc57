"""`python -m sensors bounces`: read what came back of mail, so that nobody writes there again."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sensors.bounces import take_in
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger

_SHOWN = 20


def bounces(
    given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    folder = given.folder or environment.mailbox
    if folder is None:
        console.print("Say where bounces are: --from FOLDER, or TIERLINE_BOUNCES_FOLDER")
        return 2
    secret = environment.unsubscribe_key
    taken = take_in(ledger, folder, now=datetime.now(UTC), secret=secret, who="mailbox")
    console.print(taken.in_words())
    for place, reason in taken.left_out[:_SHOWN]:
        console.print(f"  {escape(place)}: {escape(reason)}")
    if len(taken.left_out) > _SHOWN:
        console.print(f"  and {len(taken.left_out) - _SHOWN:,} more")
    return 0


def add_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser; `add` takes a name, a function and a text."""
    parser = add(
        "bounces",
        bounces,
        "read bounces, complaints, opt-outs and replies from a mailbox or a relay's events",
    )
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        help="a Maildir, or a folder of .eml and .jsonl files (default: TIERLINE_BOUNCES_FOLDER)",
    )
