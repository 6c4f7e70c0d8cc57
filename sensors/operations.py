"""Failure is loud: each trouble is told to the operations channel once when it begins, once when it ends,
and again whenever it is about ten times as many rows as when it was told last.

Each way to tell it (Slack, mail; always the file `outbox/operations.jsonl`) goes by itself: what it was told
stands in the ledger (`operation_events`), so that no restart tells it twice, and one that fails is no reason
to repeat it by another. A way that fails is a trouble of its own, `untold/<way>`, and is tried again later.
"""

import html
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import RowMapping, func, select

from sensors.allow_list import ANYONE, AllowList
from sensors.channels.channel import Channel, Message, OutcomeUnknownError, Receipt, WithheldError
from sensors.channels.configuration import ChannelConfig, EmailDestination, SlackDestination, build_channels
from sensors.channels.local_sink import LocalSink
from sensors.ledger import Ledger
from sensors.schema import operation_events
from sensors.troubles import Trouble, troubles

# Stands for itself; the keys of what the other ways were told begin with `<way>|`.
_FILE = "file"
_UNTOLD = "untold"
_TRIED_AGAIN_AFTER = timedelta(minutes=10)
_GROWN = 10
OPENED, CLOSED = "opened", "closed"
# Kinds of trouble that the ledger shows by itself.
OF_THE_LEDGER = frozenset({"dead", "held", "rest", "scores", "withheld", "backlog", "unconfigured"})
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OperationsConfig:
    """Where troubles are told, besides the file: a Slack webhook, mail to an address, both or none.

    Giving one switches it on; `allowed` holds here, too. `reaches_people`: in production, where a
    channel that is not set up is a trouble.
    """

    slack: SlackDestination | None = None
    email: EmailDestination | None = None
    email_to: str | None = None
    backlog_after: timedelta = timedelta(minutes=30)
    reaches_people: bool = False
    allowed: AllowList = ANYONE

    def channels(self) -> ChannelConfig:
        return ChannelConfig(slack=self.slack, email=self.email, allowed=self.allowed)


@dataclass(frozen=True)
class Told:
    """A trouble as it was told: its key, whether it began (or grew) or is over, the words, and its size."""

    trouble: str
    verdict: str
    words: str
    size: int | None = None


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
    found = troubles(
        ledger, now=now, backlog_after=config.backlog_after, reaches_people=config.reaches_people
    ) | {key: Trouble(words) for key, words in (others or {}).items()}
    looked_at = OF_THE_LEDGER | {_UNTOLD} | set(other_kinds)
    told: list[Told] = []
    with ledger.database.locks.attempt("operations") as is_ours:
        if not is_ours:
            return []
        ways = _ways(config, outbox, now=lambda: now)
        for way in _failed(ledger).keys() - ways.keys():
            _write(ledger, Told(f"{_UNTOLD}/{way}", CLOSED, f"{way} is no longer used"), now)
        for way, channel in ways.items():
            failed_at = _failed(ledger).get(way)
            if failed_at is not None and failed_at > now - _TRIED_AGAIN_AFTER:
                continue
            untold = {key: words for key, words in open_troubles(ledger).items() if _is_untold(key)}
            found |= {key: Trouble(words) for key, words in untold.items()}
            told += _tell_all(ledger, way, channel, found=found, looked_at=looked_at, config=config, now=now)
    return list({(each.trouble, each.verdict): each for each in told}.values())


def _tell_all(
    ledger: Ledger,
    way: str,
    channel: Channel,
    *,
    found: Mapping[str, Trouble],
    looked_at: Collection[str],
    config: OperationsConfig,
    now: datetime,
) -> list[Told]:
    """Tell one way what it does not know yet, until it fails; returns what it was told."""
    standing, own = _standing(ledger, way), f"{_UNTOLD}/{way}"
    begun = [
        Told(key, OPENED, each.words, each.size)
        for key, each in found.items()
        if key not in standing or _has_grown(each, standing[key])
    ]
    over = [
        Told(key, CLOSED, each.words)
        for key, each in standing.items()
        if key not in found and key.partition("/")[0] in looked_at
    ]
    told: list[Told] = []
    for each in (each for each in [*begun, *over] if each.trouble != own):
        if (failure := _tell(each, way, channel, config, _count(ledger) + 1)) is not None:
            _write(ledger, Told(own, OPENED, f"troubles can't be told by {way}: {failure}"), now)
            break
        told.append(each)
        _write(ledger, replace(each, trouble=_key(way, each.trouble)), now)
        if (words := open_troubles(ledger).get(own)) is not None:
            _write(ledger, Told(own, CLOSED, words), now)
    return told


def _has_grown(present: Trouble, told: Trouble) -> bool:
    """Whether it is worth telling again. Of what was told before sizes were kept nothing is known: no."""
    return bool(present.size and told.size) and (present.size or 0) >= _GROWN * (told.size or 0)


def _is_untold(trouble: str) -> bool:
    return trouble.startswith(f"{_UNTOLD}/")


def _key(way: str, trouble: str) -> str:
    """Under which key it stands that the way was told. The file's telling is what makes a trouble stand, but
    not that one could not be told: that stands by itself.
    """
    return trouble if way == _FILE and not _is_untold(trouble) else f"{way}|{trouble}"


def _failed(ledger: Ledger) -> dict[str, datetime]:
    """The ways that did not take the last they were told, and since when."""
    return {
        row["trouble"].partition("/")[2]: row["at"]
        for row in _open_events(ledger)
        if _is_untold(row["trouble"])
    }


def open_troubles(ledger: Ledger) -> dict[str, str]:
    """What was told and is not over yet: words by key."""
    return {row["trouble"]: row["words"] for row in _open_events(ledger) if "|" not in row["trouble"]}


def _standing(ledger: Ledger, way: str) -> dict[str, Trouble]:
    """What the way was told and is not over yet, as it was told last, by key."""
    keys = {row["trouble"].removeprefix(f"{way}|"): row for row in _open_events(ledger)}
    return {
        key: Trouble(row["words"], row["size"])
        for key, row in keys.items()
        if row["trouble"] == _key(way, key)
    }


def _open_events(ledger: Ledger) -> Sequence[RowMapping]:
    newest = select(func.max(operation_events.c.event_id)).group_by(operation_events.c.trouble)
    query = select(operation_events).where(
        operation_events.c.event_id.in_(newest), operation_events.c.verdict == OPENED
    )
    with ledger.reading() as connection:
        return connection.execute(query.order_by(operation_events.c.event_id)).mappings().all()


def _count(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        return connection.scalar(select(func.count()).select_from(operation_events)) or 0


def _write(ledger: Ledger, told: Told, now: datetime) -> None:
    row = {
        "at": now,
        "trouble": told.trouble,
        "verdict": told.verdict,
        "words": told.words,
        "size": told.size,
    }
    with ledger.writing() as connection:
        connection.execute(operation_events.insert().values(**row))


def _ways(config: OperationsConfig, outbox: Path, *, now: Callable[[], datetime]) -> dict[str, Channel]:
    """The file, and the channels that are configured, as far as this environment may reach them."""
    real = build_channels(config.channels(), outbox, now=now)
    ways: dict[str, Channel] = {_FILE: LocalSink(outbox / "operations.jsonl", now=now)}
    if config.slack:
        ways["slack"] = real["slack"]
    if config.email and config.email_to:
        ways["email"] = real["email"]
    return ways


def _tell(told: Told, way: str, channel: Channel, config: OperationsConfig, number: int) -> str | None:
    """None when told; else why not, in words."""
    try:
        (outcome,) = channel.send([_message(told, way, config, number)])
    finally:
        channel.close()
    if isinstance(outcome, Receipt):
        return None
    _logger.warning("%s could not be told by %s: %s", told.trouble, way, outcome)
    # A doubtful one counts as told: a repeated alarm every half minute would help nobody. So does one that
    # may not leave here: it stands in the file, and no repetition changes that.
    return None if isinstance(outcome, OutcomeUnknownError | WithheldError) else str(outcome)


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
