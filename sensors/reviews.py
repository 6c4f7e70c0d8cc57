"""The review queue: what a machine prepared and a person sends.

Assisted actions enter the ledger as `awaiting_approval`. A person approves one (it goes out, to the letter as
it stood when approved), edits its words, or rejects it with a reason; one that nobody speaks of until it
expires is not sent, either. Every step leaves who, when and what in the action's history.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sensors.interventions import NotAllowedNowError
from sensors.ledger import Ledger, UnknownActionError, append, is_expired
from sensors.records import Delivery, to_delivery
from sensors.rendering import Renderer, message_hash
from sensors.schema import deliveries
from sensors.states import TRANSITIONS, State
from sensors.wording import clean

# The parts of a message that a person may put in their own words.
EDITABLE = ("subject", "headline", "what_happened", "ask")
LONGEST_PARAGRAPH = 2_000
REJECTED, EXPIRED, WRITTEN_OFF = "rejected", "approval_expired", "written_off"


class EditRefusedError(ValueError):
    """These words can't take the place of the template's; the text says why."""


def approve(
    ledger: Ledger,
    action_id: str,
    *,
    renderer: Renderer,
    now: datetime,
    who: str,
    why: str | None = None,
    seen: str | None = None,
) -> str:
    """Let an action go out with its present message; returns the message's hash.

    `seen`: the hash (or its beginning) of the message the person has looked at; another one is not approved.
    Raises `UnknownActionError`, `NotAllowedNowError`, `UnrenderableError`.
    """
    with ledger.writing() as connection:
        row = _waiting(connection, action_id, now)
        message = renderer.render(row)
        fingerprint = message_hash(message)
        if seen is not None and not fingerprint.startswith(seen):
            raise NotAllowedNowError(
                f"the message of action {action_id} is not the one you have seen ({seen}); look at it again"
            )
        changes = {
            "state": State.PENDING,
            "approved_at": now,
            "approved_by": who,
            "approved_content": json.dumps(message.content, ensure_ascii=False),
            "approved_hash": fingerprint,
        }
        said = f"approved message {fingerprint}" + (f": {why}" if why else "")
        _change(connection, row, changes, now=now, who=who, detail=said)
    return fingerprint


def edit(
    ledger: Ledger,
    action_id: str,
    parts: Mapping[str, str],
    *,
    renderer: Renderer,
    now: datetime,
    who: str,
) -> str:
    """Put parts of a waiting action's message in other words; returns the new message's hash.

    Paragraphs are parted by an empty line. Raises `UnknownActionError`, `NotAllowedNowError`,
    `EditRefusedError`, `UnrenderableError`.
    """
    words = {part: _words(part, text) for part, text in parts.items()}
    if not words:
        raise EditRefusedError(f"nothing to change was given; what can be is {', '.join(EDITABLE)}")
    with ledger.writing() as connection:
        row = _waiting(connection, action_id, now)
        edits = json.dumps(json.loads(row.edits or "{}") | words, ensure_ascii=False)
        fingerprint = message_hash(renderer.render(_with(row, edits=edits)))
        said = "; ".join(f"{part}: {text}" for part, text in words.items())
        changes = {"edits": edits, "state": State.AWAITING_APPROVAL}
        _change(connection, row, changes, now=now, who=who, detail=f"edited to message {fingerprint}. {said}")
    return fingerprint


def reject(ledger: Ledger, action_id: str, *, now: datetime, who: str, why: str) -> None:
    """Settle a waiting action as not to be sent, or write off a dead or held one, that troubles nobody then.

    Raises `UnknownActionError`, `NotAllowedNowError`.
    """
    with ledger.writing() as connection:
        row = _row(connection, action_id)
        if row.state in (State.DEAD, State.HELD):
            _suppress(connection, row, WRITTEN_OFF, f"{who} wrote it off: {why}", now=now, who=who)
            return
        row = _waiting(connection, action_id, now)
        _suppress(connection, row, REJECTED, f"{who} rejected it: {why}", now=now, who=who)


def expire(ledger: Ledger, *, now: datetime, who: str) -> int:
    """Settle what waited for a person until its time was over as not to be sent; returns how many."""
    with ledger.writing() as connection:
        query = select(deliveries).where(is_expired(now)).order_by(deliveries.c.action_id)
        rows = [to_delivery(row) for row in connection.execute(query.with_for_update()).mappings()]
        for row in rows:
            assert row.expires_at is not None
            words = f"Nobody approved it until {row.expires_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            _suppress(connection, row, EXPIRED, words, now=now, who=who)
    return len(rows)


def withdraw(
    ledger: Ledger,
    stopped: Callable[[Sequence[Delivery]], Sequence[tuple[Delivery, str, str]]],
    *,
    now: datetime,
    who: str,
) -> int:
    """Settle what waits for a person and must not be sent any more; returns how many.

    `stopped` says which of the rows these are, by which rule and in which words.
    """
    found = stopped(waiting(ledger))
    if not found:
        return 0
    withdrawn = 0
    with ledger.writing() as connection:
        for row, rule, words in found:
            query = select(deliveries.c.state).where(deliveries.c.action_id == row.action_id)
            if connection.scalar(query.with_for_update()) == State.AWAITING_APPROVAL:
                _suppress(connection, row, rule, words, now=now, who=who)
                withdrawn += 1
    return withdrawn


def waiting(ledger: Ledger) -> list[Delivery]:
    """What waits for a person, the first to expire first."""
    query = select(deliveries).where(deliveries.c.state == State.AWAITING_APPROVAL)
    order = (deliveries.c.expires_at.is_(None), deliveries.c.expires_at, deliveries.c.action_id)
    with ledger.reading() as connection:
        return [to_delivery(row) for row in connection.execute(query.order_by(*order)).mappings()]


def _row(connection: Connection, action_id: str) -> Delivery:
    query = select(deliveries).where(deliveries.c.action_id == action_id).with_for_update()
    found = connection.execute(query).mappings().first()
    if found is None:
        raise UnknownActionError(f"the ledger has no action {action_id!r}")
    return to_delivery(found)


def _waiting(connection: Connection, action_id: str, now: datetime) -> Delivery:
    row = _row(connection, action_id)
    if row.state != State.AWAITING_APPROVAL:
        raise NotAllowedNowError(f"action {action_id} is {row.state}; it does not wait for approval")
    if row.expires_at is not None and row.expires_at <= now:
        raise NotAllowedNowError(
            f"action {action_id} could be approved until {row.expires_at:%Y-%m-%d %H:%M} UTC"
        )
    return row


def _suppress(
    connection: Connection, row: Delivery, rule: str, words: str, *, now: datetime, who: str
) -> None:
    changes = {"state": State.SUPPRESSED, "suppressed_by": rule, "suppressed_reason": words}
    _change(connection, row, changes, now=now, who=who, detail=words)


def _change(
    connection: Connection, row: Delivery, changes: Mapping[str, Any], *, now: datetime, who: str, detail: str
) -> None:
    assert changes["state"] in TRANSITIONS[State(row.state)]
    connection.execute(update(deliveries).where(deliveries.c.action_id == row.action_id).values(**changes))
    event = {
        "action_id": row.action_id,
        "at": now,
        "from_state": row.state,
        "to_state": changes["state"],
        "attempt": row.attempts,
        "who": who,
        "detail": detail,
    }
    append(connection, [event])


def _with(row: Delivery, *, edits: str) -> Delivery:
    return Delivery(**(vars(row) | {"edits": edits}))


def _words(part: str, text: str) -> str:
    """The words as they will be dressed: printable, parted into paragraphs. What would be cut is refused."""
    if part not in EDITABLE:
        raise EditRefusedError(f"{part!r} can't be edited; what can be is {', '.join(EDITABLE)}")
    paragraphs = [clean(each, len(each) + 1) for each in re.split(r"\n\s*\n", text)]
    paragraphs = [each for each in paragraphs if each]
    if not paragraphs:
        raise EditRefusedError(f"{part} can't be empty")
    if longest := [each for each in paragraphs if len(each) > LONGEST_PARAGRAPH]:
        raise EditRefusedError(
            f"a paragraph of {part} has {len(longest[0]):,} characters; up to {LONGEST_PARAGRAPH:,} are sent"
        )
    return "\n\n".join(paragraphs)
