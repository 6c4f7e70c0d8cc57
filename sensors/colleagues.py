"""Whose word counts as an answer to a mail: who got it, and the team, as far as the ledger knows it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from sensors.address_news import address
from sensors.schema import deliveries


def may_answer(connection: Connection, sent: Mapping[str, Any], author: str | None) -> bool:
    """Whether a mail from this address, in lower case, can answer the delivery `sent`.

    It can if it got that message, looks after its account, or belongs to a colleague: somebody to whom work
    for people or a list of their own was ever sent, or who looks after any account.
    """
    if author is None:
        return False
    return author in (address(sent["recipient"]), _csm(sent["facts"])) or _is_colleague(connection, author)


def _is_colleague(connection: Connection, author: str) -> bool:
    for_the_team = (deliveries.c.mode == "human") | deliveries.c.account_id.is_(None)
    got = select(deliveries.c.action_id).where(for_the_team, func.lower(deliveries.c.recipient) == author)
    if connection.execute(got.limit(1)).first() is not None:
        return True
    # What a customer calls itself stands in facts, too, so being named there is not enough.
    named = select(deliveries.c.facts).where(func.lower(deliveries.c.facts).contains(author, autoescape=True))
    found: Iterable[str] = connection.scalars(named)
    return any(_csm(facts) == author for facts in found)


def _csm(facts: str | None) -> str | None:
    try:
        found = json.loads(facts or "{}")
    except ValueError:
        return None
    return address(found.get("csm_email")) if isinstance(found, dict) else None
