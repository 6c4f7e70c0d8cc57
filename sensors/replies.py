"""Taking people's answers to messages into the ledger, from where `fct_sla` learns of them.

That somebody answered, who and when is kept; what they wrote is not.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sensors.address_news import NoNewsError
from sensors.colleagues import may_answer
from sensors.ledger import Ledger, append, insert_into
from sensors.reply_mail import MailReply
from sensors.schema import delivery_events, reply_events
from sensors.sent_mail import sent_mail, settled

EMAIL_REPLY, SLACK_REPLY = "email_reply", "slack_reply"
_WORDS = {EMAIL_REPLY: "replied by e-mail", SLACK_REPLY: "replied in the thread"}


def note_mail(
    ledger: Ledger, reply: MailReply, origin: str, *, came: datetime, now: datetime, who: str
) -> bool:
    """Note a reply by mail; False when this very mail was noted before. Raises `NoNewsError`.

    `came`: when it was put where it lies, for a mail on which no server says when it took it in.
    """
    known = select(reply_events.c.event_id).where(reply_events.c.origin == origin)
    with ledger.reading() as connection:
        if connection.scalar(known) is not None:
            return False
    with ledger.writing() as connection:
        sent = sent_mail(connection, reply.answered)
        if sent is None:
            raise NoNewsError("it answers no mail of ours")
        if may_answer(connection, sent, reply.author):
            sent = settled(connection, sent, now=now, who=who)
            at = reply.at or came
            return note(connection, sent, EMAIL_REPLY, origin, author=reply.author, at=at, now=now, who=who)
        _mention(connection, sent, reply.author, now=now, who=who)
    raise NoNewsError("who wrote it neither got that mail nor belongs to the team, so it answers nothing")


def note(
    connection: Connection,
    sent: Mapping[str, Any],
    kind: str,
    origin: str,
    *,
    author: str | None,
    at: datetime,
    now: datetime,
    who: str,
) -> bool:
    """Note that the delivery `sent` was answered at a time; False when that was noted before.

    Nobody answers before they are asked, nor later than now: other clocks are not believed beyond that.
    """
    replied_at = min(max(at, sent["delivered_at"] or at), now)
    row = {
        "origin": origin, "at": now, "action_id": sent["action_id"], "kind": kind, "author": author,
        "replied_at": replied_at,
    }  # fmt: skip
    insert = insert_into(connection, reply_events).on_conflict_do_nothing(index_elements=["origin"])
    if connection.execute(insert.returning(reply_events.c.event_id), row).first() is None:
        return False
    append(connection, [_event(sent, f"{author or 'somebody'} {_WORDS[kind]}", now=now, who=who)])
    return True


def origin_of(*parts: str) -> str:
    """What a reply was read from, as one short key."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _mention(
    connection: Connection, sent: Mapping[str, Any], author: str | None, *, now: datetime, who: str
) -> None:
    """Note, once, in the mail's history that somebody wrote whose word is no answer."""
    words = f"{author or 'somebody'} {_WORDS[EMAIL_REPLY]}, which is no answer: nobody of the team"
    events = delivery_events.c
    said = select(events.event_id).where(events.action_id == sent["action_id"], events.detail == words)
    if connection.execute(said.limit(1)).first() is None:
        append(connection, [_event(sent, words, now=now, who=who)])


def _event(sent: Mapping[str, Any], detail: str, *, now: datetime, who: str) -> dict[str, Any]:
    """A step of the history that leaves the delivery where it stands."""
    return {
        "action_id": sent["action_id"], "at": now, "from_state": sent["state"], "to_state": sent["state"],
        "attempt": sent["attempts"], "who": who, "detail": detail,
    }  # fmt: skip
