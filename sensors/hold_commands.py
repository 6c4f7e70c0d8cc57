"""Commands for people who hold something back, let it go again, or ask what is held."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sensors import holds
from sensors.arguments import WHO, spoken
from sensors.channels.channel import MessageKind
from sensors.decisions import account_ids, play_ids
from sensors.environment import DeliveryEnvironment
from sensors.holds import Hold, HoldRefusedError
from sensors.ledger import Ledger
from sensors.schema import HOLD_SCOPES
from warehouse.snapshots import published_or_none


def hold(
    given: argparse.Namespace, environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    now = datetime.now(UTC)
    until = _moment(given.until)
    # A mistyped hold would hold nothing and look as if it did.
    if why := unknown(given.scope, given.id, published_or_none(environment.state)):
        raise HoldRefusedError(why)
    holds.hold(ledger, given.scope, given.id, now=now, who=given.by, why=given.why, until=until)
    print_holds(ledger, console, now=now)
    return 0


def release(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    holds.lift(ledger, given.scope, given.id, now=datetime.now(UTC), who=given.by, why=given.why)
    console.print(
        f"{given.scope} {escape(given.id)} goes out again; `python -m sensors deliver` sends it now"
    )
    return 0


def list_holds(
    _given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    if not print_holds(ledger, console, now=datetime.now(UTC)):
        console.print("Nothing is held back")
    return 0


def print_holds(ledger: Ledger, console: Console, *, now: datetime) -> int:
    """One line for each thing held back; returns how many there are."""
    standing = holds.standing(ledger, now=now)
    for each in standing:
        console.print(escape(in_words(each)))
    return len(standing)


def in_words(each: Hold) -> str:
    end = f"until {each.until:%Y-%m-%d %H:%M} UTC" if each.until else "until released"
    return f"{each.scope} {each.held} is held back by {each.who} {end}: {each.why} ({each.queued:,} queued)"


def add_commands(add: Callable[..., argparse.ArgumentParser], *, default_name: str) -> None:
    """Add the commands to the parser; `add` takes a name, a function and a text."""
    add("holds", list_holds, "list what people hold back, why, and how much it keeps in the queue")
    held = add("hold", hold, "hold back a play, a channel or an account: its actions stay in the queue")
    released = add("release", release, "let go what was held back")
    for parser in (held, released):
        parser.add_argument("scope", choices=HOLD_SCOPES)
        parser.add_argument("id", help="the play's, channel's or account's id")
        parser.add_argument("--why", required=True, type=spoken, help="stands beside it, for ever")
        parser.add_argument("--by", default=default_name, type=spoken, help=WHO)
    held.add_argument("--until", help="when it ends by itself, ISO 8601, UTC unless it says otherwise")


def unknown(scope: str, name: str, snapshot: Path | None) -> str | None:
    """Why this is no channel, play or account that is published; None when it is, or nothing says."""
    if scope == "channel" and name not in set(MessageKind):
        what = f"the channels are {', '.join(MessageKind)}, not {name!r}"
        if name == "crm":
            what = "`crm` stands for the system that has the account: salesforce, hubspot, gainsight or email"
        return what
    published = {"play": play_ids, "account": account_ids}.get(scope)
    known = published(snapshot) if published and snapshot else set()
    if known and name not in known:
        close = get_close_matches(name, known, n=1)
        guess = f"; did you mean {close[0]}?" if close else ""
        whose = "the published policy has" if scope == "play" else "the published snapshot has"
        return f"{whose} no {scope} {name!r}{guess}"
    return None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HoldRefusedError(f"{text!r} is no moment like 2026-12-01 or 2026-12-01T09:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
