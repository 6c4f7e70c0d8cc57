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
    secret = environment.unsubscribe_secret
    taken = take_in(
        ledger,
        given.folder,
        now=datetime.now(UTC),
        secret=secret.get_secret_value() if secret else None,
        who="mailbox",
    )
    news = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(taken.new.items()))
    console.print(f"{news or 'nothing'} new; {taken.known:,} known already; {len(taken.left_out):,} left out")
    for place, reason in taken.left_out[:_SHOWN]:
        console.print(f"  {escape(place)}: {escape(reason)}")
    if len(taken.left_out) > _SHOWN:
        console.print(f"  and {len(taken.left_out) - _SHOWN:,} more")
    return 0


def add_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to the parser; `add` takes a name, a function and a text."""
    parser = add(
        "bounces", bounces, "read bounces, complaints and opt-outs from a mailbox or a relay's events"
    )
    parser.add_argument(
        "--from",
        dest="folder",
        type=Path,
        required=True,
        help="a Maildir, or a folder of .eml and .jsonl files",
    )
