"""The review queue's commands: look at what waits for a person, approve, edit or reject it."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sensors import reviews
from sensors.arguments import ACTION_ID, WHO, spoken
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.rendering import Renderer, UnrenderableError, message_hash

_SHOWN_OF_HASH = 12


def review(
    _given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    """List the queue; each row with its headline, and the hash by which `approve --seen` knows it."""
    rows, renderer = reviews.waiting(ledger), Renderer()
    if not rows:
        console.print("Nothing waits for approval")
        return 0
    table = Table(title=f"{len(rows):,} wait for approval", title_justify="left")
    for heading in ("action", "account", "play", "to", "says", "message", "edited", "until"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        try:
            message = renderer.render(row)
            says, fingerprint = renderer.headline(row), message_hash(message)[:_SHOWN_OF_HASH]
        except UnrenderableError as error:
            says, fingerprint = f"no message: {error}", ""
        until = f"{row.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if row.expires_at else "no end"
        cells = (row.action_id, row.account_id or "", row.play_id or "", row.recipient or "", says)
        table.add_row(*map(escape, cells), fingerprint, "yes" if row.edits else "", until)
    console.print(table)
    console.print("`python -m sensors show ACTION` shows a message whole")
    return 0


def approve(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    fingerprint = reviews.approve(
        ledger,
        given.action_id,
        renderer=Renderer(),
        now=datetime.now(UTC),
        who=given.by,
        why=given.why,
        seen=given.seen,
    )
    console.print(
        f"{escape(given.action_id)} goes out as message {fingerprint[:_SHOWN_OF_HASH]}; "
        "`python -m sensors deliver` sends it now"
    )
    return 0


def edit(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    parts = {part: getattr(given, part) for part in reviews.EDITABLE if getattr(given, part) is not None}
    parts = {part: _text(words) for part, words in parts.items()}
    fingerprint = reviews.edit(
        ledger, given.action_id, parts, renderer=Renderer(), now=datetime.now(UTC), who=given.by
    )
    console.print(
        f"{escape(given.action_id)} now says message {fingerprint[:_SHOWN_OF_HASH]}; "
        "it still waits for approval"
    )
    return 0


def reject(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    reviews.reject(ledger, given.action_id, now=datetime.now(UTC), who=given.by, why=given.why)
    console.print(f"{escape(given.action_id)} will not be sent")
    return 0


def add_commands(add: Callable[..., argparse.ArgumentParser], *, default_name: str) -> None:
    """Add the commands to the parser; `add` takes a name, a function and a text."""
    add("review", review, "list what waits for a person's approval, the first to expire first")
    named = {
        "approve": add("approve", approve, "let a prepared action go out, as its message stands now"),
        "edit": add("edit", edit, "put a prepared message in other words; it still waits for approval"),
        "reject": add(
            "reject", reject, "settle a prepared action as not to be sent, or write off a dead or held one"
        ),
    }
    for name, parser in named.items():
        parser.add_argument("action_id", help=ACTION_ID)
        parser.add_argument("--by", default=default_name, type=spoken, help=WHO)
        if name != "edit":
            parser.add_argument(
                "--why", required=name == "reject", type=spoken, help="goes into the action's history"
            )
    named["approve"].add_argument("--seen", help="hash of the message you looked at; another is not approved")
    for part in reviews.EDITABLE:
        option = f"--{part.replace('_', '-')}"
        named["edit"].add_argument(option, help="the new words, or @FILE that holds them", metavar="TEXT")


def _text(given: str) -> str:
    if not given.startswith("@"):
        return given
    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise reviews.EditRefusedError(f"the words in {given[1:]} can't be read: {error}") from None
