"""The command that looks for troubles, tells what is new about them, and lists what stands."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape

from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.operations import open_troubles, watch


def operations(
    _given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    """0 when nothing is wrong, 1 when something is: for a monitor that runs it."""
    outbox = environment.state.create().outbox
    told = watch(ledger, environment.operations(), outbox, now=datetime.now(UTC))
    for each in told:
        console.print(f"told: {escape(each.trouble)} {each.verdict}")
    standing = open_troubles(ledger)
    for trouble, words in standing.items():
        console.print(f"{escape(trouble)}: {escape(words)}")
    console.print(f"{len(standing):,} open")
    return 1 if standing else 0


def add_command(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("operations", operations, "tell new troubles and those that are over, and list what is wrong now")
