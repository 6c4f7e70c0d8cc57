"""Failure is loud: each trouble is told to the operations channel once when it begins, once when it ends.

What was told stands in the ledger (`operation_events`), so that no restart tells it twice. Every message also
lands in `outbox/operations.jsonl`; where Slack or mail does not take one, it is tried again at the next look.
"""

import html
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from sensors.allow_list import ANYONE, AllowList
from sensors.channels.channel import Channel, Message, OutcomeUnknownError, Receipt, WithheldError
from sensors.channels.configuration import ChannelConfig, EmailDestination, SlackDestination, build_channels
from sensors.channels.local_sink import LocalSink
from sensors.ledger import Ledger
from sensors.schema import operation_events
from sensors.troubles import troubles

OPENED, CLOSED = "opened", "closed"
# Kinds of trouble that the ledger shows by itself.
OF_THE_LEDGER = frozenset({"dead", "held", "rest", "scores", "withheld", "backlog"})
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OperationsConfig:
    """Where troubles are told, besides the file: a Slack webhook, mail to an address, both or none.

    Giving one switches it on; `allowed` holds here, too.
    """

    slack: SlackDestination | None = None
    email: EmailDestination | None = None
    email_to: str | None = None
    backlog_after: timedelta = timedelta(minutes=30)
    allowed: AllowList = ANYONE


@dataclass(frozen=True)
class Told:
    """A trouble as it was told: its key, whether it began or is over, and the words."""

    trouble: str
    verdict: str
    words: str


def watch(
    ledger: Ledger,
    config: OperationsConfig,
    outbox: Path,
    *,
    now: datetime,
    others: Mapping[str, str] | None = None,
    other_kinds: Collection[str] = (),
) -> list[Told]:
    """Look at the ledger and tell what has changed; returns what was told.

    `others`: troubles that the caller sees, of `other_kinds` (the key's part before the slash). Troubles of
    kinds that nobody looked at stay as they are.
    """
    found = troubles(ledger, now=now, backlog_after=config.backlog_after) | dict(others or {})
    looked_at = OF_THE_LEDGER | set(other_kinds)
    told: list[Told] = []
    with ledger.database.locks.attempt("operations") as is_ours:
        if not is_ours:
            return []
        standing = _standing(ledger)
        begun = [Told(key, OPENED, words) for key, words in found.items() if key not in standing]
        over = [
            Told(key, CLOSED, words)
            for key, words in standing.items()
            if key not in found and key.partition("/")[0] in looked_at
        ]
        ways = _ways(config, outbox, now=lambda: now)
        number = _count(ledger)
        for each in [*begun, *over]:
            number += 1
            if _tell(each, ways, config, number):
                told.append(each)
                _write(ledger, each, now)
    return told


def open_troubles(ledger: Ledger) -> dict[str, str]:
    """What was told and is not over yet: words by key."""
    return _standing(ledger)


def _standing(ledger: Ledger) -> dict[str, str]:
    newest = select(func.max(operation_events.c.event_id)).group_by(operation_events.c.trouble)
    query = select(operation_events).where(
        operation_events.c.event_id.in_(newest), operation_events.c.verdict == OPENED
    )
    with ledger.reading() as connection:
        rows = connection.execute(query.order_by(operation_events.c.event_id)).mappings()
        return {row["trouble"]: row["words"] for row in rows}


def _count(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(operation_events)) or 0


def _write(ledger: Ledger, told: Told, now: datetime) -> None:
    row = {"at": now, "trouble": told.trouble, "verdict": told.verdict, "words": told.words}
    with ledger.writing() as connection:
        connection.execute(operation_events.insert().values(**row))


def _ways(config: OperationsConfig, outbox: Path, *, now: Callable[[], datetime]) -> dict[str, Channel]:
    """The file, and the channels that are configured, as far as this environment may reach them."""
    given = ChannelConfig(slack=config.slack, email=config.email, allowed=config.allowed)
    real = build_channels(given, outbox, now=now)
    ways: dict[str, Channel] = {"file": LocalSink(outbox / "operations.jsonl", now=now)}
    if config.slack:
        ways["slack"] = real["slack"]
    if config.email and config.email_to:
        ways["email"] = real["email"]
    return ways


def _tell(told: Told, ways: Mapping[str, Channel], config: OperationsConfig, number: int) -> bool:
    is_told = True
    for name, channel in ways.items():
        try:
            outcomes = list(channel.send([_message(told, name, config, number)]))
        finally:
            channel.close()
        for outcome in outcomes:
            if not isinstance(outcome, Receipt):
                _logger.warning("%s could not be told by %s: %s", told.trouble, name, outcome)
            # A doubtful one counts as told: a repeated alarm every half minute would help nobody. So does one
            # that may not leave here: it stands in the file, and no repetition changes that.
            is_told = is_told and isinstance(outcome, Receipt | OutcomeUnknownError | WithheldError)
    return is_told


def _message(told: Told, way: str, config: OperationsConfig, number: int) -> Message:
    headline = "Trouble" if told.verdict == OPENED else "Over"
    text = f"{headline} ({told.trouble}): {told.words}"
    if way == "slack":
        block = {"type": "section", "text": {"type": "plain_text", "text": text[:2900]}}
        content = {"text": text[:2900], "blocks": [block]}
    else:
        content = {
            "subject": f"Tierline: {headline.lower()} ({told.trouble})",
            "text": f"{text}\n",
            "html": f"<p>{html.escape(text)}</p>",
        }
    return Message(
        action_id=f"operations/{number}/{told.trouble}/{told.verdict}",
        channel=way,
        recipient=(config.email_to or "") if way == "email" else "operations",
        recipient_name=None,
        play_id="operations",
        account_id="",
        content=content,
    )
