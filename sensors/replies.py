"""Taking people's answers to messages into the ledger, from where `fct_sla` learns of them.

That somebody answered, who and when is kept; what they wrote is not.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, case, select

from sensors.address_news import NoNewsError
from sensors.ledger import Ledger, append, insert_into
from sensors.reply_mail import MailReply
from sensors.schema import deliveries, reply_events

EMAIL_REPLY, SLACK_REPLY = "email_reply", "slack_reply"
_WORDS = {EMAIL_REPLY: "replied by e-mail", SLACK_REPLY: "replied in the thread"}


def note_mail(ledger: Ledger, reply: MailReply, origin: str, *, now: datetime, who: str) -> bool:
    """Note a reply by mail; False when this very mail was noted before. Raises `NoNewsError`."""
    known = select(reply_events.c.event_id).where(reply_events.c.origin == origin)
    with ledger.reading() as connection:
        if connection.scalar(known) is not None:
            return False
    with ledger.writing() as connection:
        sent = _sent(connection, reply.answered)
        if sent is None:
            raise NoNewsError("it answers no mail of ours")
        return note(
            connection, sent, EMAIL_REPLY, origin, author=reply.author, at=reply.at or now, now=now, who=who
        )


def note(
    connection: Connection,
    sent: RowMapping,
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
    append(connection, [{
        "action_id": sent["action_id"], "at": now, "from_state": sent["state"], "to_state": sent["state"],
        "attempt": sent["attempts"], "who": who, "detail": f"{author or 'somebody'} {_WORDS[kind]}",
    }])  # fmt: skip
    return True


def origin_of(*parts: str) -> str:
    """What a reply was read from, as one short key."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _sent(connection: Connection, message_ids: Sequence[str]) -> RowMapping | None:
    """The e-mail that is answered: the first of these that is ours."""
    order = case({each: place for place, each in enumerate(message_ids)}, value=deliveries.c.destination_ref)
    query = select(deliveries).where(
        deliveries.c.channel == "email", deliveries.c.destination_ref.in_(message_ids)
    )
    return connection.execute(query.order_by(order).limit(1)).mappings().first()
