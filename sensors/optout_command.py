"""`python -m sensors optout`: a customer told a person, not the link, that they want no more marketing."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from sqlalchemy import func, select

from sensors.address_news import NoAddressError, address
from sensors.arguments import WHO, spoken
from sensors.bounces import opt_out
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.schema import deliveries


def optout(
    given: argparse.Namespace, _environment: DeliveryEnvironment, ledger: Ledger, console: Console
) -> int:
    email = address(given.address)
    if email is None:
        raise NoAddressError(f"{given.address!r} is no e-mail address")
    is_new = opt_out(ledger, email, now=datetime.now(UTC), who=given.by, why=given.why)
    shown = escape(email)
    console.print(f"{shown} gets no more marketing" if is_new else f"{shown} was opted out by hand already")
    if not _ever_decided_for(ledger, email):
        console.print("Nothing was ever decided for this address; look whether it is spelled as theirs is")
    return 0


def add_command(add: Callable[..., argparse.ArgumentParser], *, default_name: str) -> None:
    """Add the command to the parser; `add` takes a name, a function and a text."""
    parser = add("optout", optout, "note that a customer wants no more marketing, who told you so")
    parser.add_argument("address", help="their e-mail address")
    parser.add_argument("--why", required=True, type=spoken, help="how you know; stands beside it, for ever")
    parser.add_argument("--by", default=default_name, type=spoken, help=WHO)


def _ever_decided_for(ledger: Ledger, address: str) -> bool:
    query = select(deliveries.c.action_id).where(func.lower(deliveries.c.recipient) == address)
    with ledger.reading() as connection:
        return connection.scalar(query.limit(1)) is not None
