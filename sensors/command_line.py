"""Delivery's command line for people: its commands and what they have in common."""

import argparse
import getpass
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from sensors import (
    bounce_command,
    delivery_commands,
    hold_commands,
    interventions,
    knowledge_commands,
    operations_command,
    optout_command,
    preview_command,
    review_commands,
)
from sensors.address_news import NoAddressError
from sensors.arguments import ACTION_ID, WHO, spoken
from sensors.bounces import FolderUnreadableError
from sensors.channels.channel import ChannelMisconfiguredError
from sensors.channels.configuration import build_channels, build_writers
from sensors.decisions import SnapshotUnreadableError
from sensors.delivery import deliver
from sensors.environment import DeliveryEnvironment, IncompleteChannelError
from sensors.holds import HoldRefusedError
from sensors.interventions import NotAllowedNowError
from sensors.knowledge import EmptyEntryError, UnknownCandidateError
from sensors.ledger import Ledger, UnknownActionError, open_ledger
from sensors.opening import LedgerUnusableError
from sensors.plans import PlanRefusedError
from sensors.preview import FactsUnreadableError, UnknownPlayError
from sensors.preview_command import NoSuchHomeError
from sensors.rendering import UnrenderableError
from sensors.reviews import EditRefusedError
from sensors.standing_commands import show, status
from sensors.working import work
from warehouse.snapshots import NothingPublishedError, current
from warehouse.writing import NotWritableError

_EXPECTED = (
    ChannelMisconfiguredError,
    EditRefusedError,
    EmptyEntryError,
    FactsUnreadableError,
    HoldRefusedError,
    FolderUnreadableError,
    IncompleteChannelError,
    LedgerUnusableError,
    NoAddressError,
    NoSuchHomeError,
    NotAllowedNowError,
    NothingPublishedError,
    NotWritableError,
    PlanRefusedError,
    SnapshotUnreadableError,
    UnknownActionError,
    UnknownCandidateError,
    UnknownPlayError,
    UnrenderableError,
)
# Those that a new installation begins with. The others are about a ledger that is there: of a mistyped home
# they would tell that all is well.
_MAY_COME_FIRST = {"bounces", "deliver", "hold", "knowledge", "plan", "work"}
# Of these, those that begin with what is published: where nothing is, they make nothing.
_AFTER_PUBLISHING = {"deliver", "knowledge", "plan"}
# Longer than any row of a table, for output that a program reads.
_NEVER_WRAPPED = 100_000
Command = Callable[[argparse.Namespace, DeliveryEnvironment, Ledger, Console], int]
LedgerlessCommand = Callable[[argparse.Namespace, DeliveryEnvironment, Console], int]


def main(arguments: Sequence[str] | None = None, *, console: Console | None = None) -> int:
    """Run one command; 0 when done, 1 when it could not be (the reason goes to standard error)."""
    given = _parser().parse_args(arguments)
    console = console or _console()
    try:
        environment = DeliveryEnvironment()
        if "ledgerless" in given:
            ledgerless: LedgerlessCommand = given.ledgerless
            return ledgerless(given, environment, console)
        if given.name in _AFTER_PUBLISHING:
            current(environment.state)
        ledger = open_ledger(environment.ledger_address, may_create=given.name in _MAY_COME_FIRST)
        try:
            if "action_id" in given:
                given.action_id = ledger.named(given.action_id)
            command: Command = given.command
            return command(given, environment, ledger, console)
        finally:
            ledger.close()
    except ValidationError as error:
        wrong = ", ".join(
            f"TIERLINE_{str(item['loc'][0]).upper()} ({item['msg']})" for item in error.errors()
        )
        sys.stderr.write(f"These settings can't be used: {wrong}\n")
    except _EXPECTED as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else _NEVER_WRAPPED)


def deliver_now(
    given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    if given.test:
        return delivery_commands.try_account(given.test, environment, ledger, console)
    home = environment.state.create()
    snapshot, only = current(home).resolve(), None
    if given.plan:
        only = delivery_commands.planned_actions(given.plan, environment, ledger, snapshot)
    channels = build_channels(environment.channels(), home.outbox)
    with console.status("Delivering ...") as spinner:
        report = deliver(
            ledger,
            snapshot,
            channels,
            now=lambda: datetime.now(UTC),
            worker="command line",
            pacing=environment.pacing(),
            writers=build_writers(environment.channels()),
            only=only,
            progress=lambda done, due: spinner.update(f"Delivering ... {done:,} of {due:,}"),
        )
    sent = ", ".join(f"{count:,} by {channel}" for channel, count in report.sent_now.items()) or "nothing"
    console.print(f"{report.enqueued:,} new decisions ({report.suppressed:,} suppressed); delivered {sent}")
    for system, sync in report.synced.items():
        console.print(f"scores in {escape(system)}: {escape(sync.in_words())}")
    for channel, reason in report.resting.items():
        console.print(f"{escape(channel)} rests: {escape(reason)}")
    return status(given, environment, ledger, console)


def work_on(
    _given: argparse.Namespace, environment: DeliveryEnvironment, _ledger: Ledger, console: Console
) -> int:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    console.print("Sending immediate actions as they come; Ctrl-C stops it")
    work(
        environment.ledger_address,
        environment.state.create(),
        environment.channels(),
        pacing=environment.pacing(),
        now=lambda: datetime.now(UTC),
        stopping=stopping,
    )
    return 0


def resend(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    interventions.resend(
        ledger, given.action_id, now=datetime.now(UTC), who=given.by, why=given.why, recipient=given.recipient
    )
    console.print(
        f"{escape(given.action_id)} is in the queue again; `python -m sensors deliver` sends it now"
    )
    return 0


def confirm(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    interventions.confirm(ledger, given.action_id, now=datetime.now(UTC), who=given.by, why=given.why)
    console.print(f"{escape(given.action_id)} is settled as delivered")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sensors",
        description="What left the house, what did not, and why. Settings come from TIERLINE_* variables.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command, name=name)
        return added

    add("status", status, "totals by state, what is due, and what wants a person")
    add("show", show, "one action's whole story, with its message").add_argument("action_id", help=ACTION_ID)
    delivered = add("deliver", deliver_now, "enqueue the published decisions and send what is due")
    delivered.add_argument("--plan", help="only if what would be sent still is what this plan shows")
    delivered.add_argument("--test", metavar="ACCOUNT", help="render this account's into outbox/test only")
    add("work", work_on, "send immediate actions as they come, until stopped (`make up` runs it)")
    for name, command, text in (
        ("resend", resend, "put a dead, held or withheld action back in the queue"),
        ("confirm", confirm, "settle a held action as delivered: you looked, and it had arrived"),
    ):
        added = add(name, command, text)
        added.add_argument("action_id", help=ACTION_ID)
        added.add_argument("--why", required=True, type=spoken, help="goes into the action's history")
        added.add_argument("--by", default=getpass.getuser(), type=spoken, help=WHO)
        if name == "resend":
            added.add_argument("--recipient", help="send it to this one instead")
    delivery_commands.add_commands(add)
    operations_command.add_command(add)
    hold_commands.add_commands(add, default_name=getpass.getuser())
    review_commands.add_commands(add, default_name=getpass.getuser())
    knowledge_commands.add_command(add, default_name=getpass.getuser())
    bounce_command.add_command(add)
    optout_command.add_command(add, default_name=getpass.getuser())
    preview_command.add_command(commands.add_parser)
    return parser
