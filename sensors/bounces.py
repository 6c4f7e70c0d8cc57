"""Taking bounces, complaints, opt-outs and replies into the ledger, from where the next run learns of them.

A folder holds mail (a Maildir, or `.eml` files) and events of a relay (`.jsonl`), in any mix. It is only
read: what is known already adds nothing, so the same folder can be read again and again.

A report counts only if it answers a mail that we sent, and then for the address that mail went to: whoever
writes to the mailbox can't make us stop writing to somebody else.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from sensors.address_news import UNSUBSCRIBE, AddressNews, NoNewsError, address
from sensors.bounce_events import LONGEST_LINE_BYTES, read_event
from sensors.bounce_mail import LARGEST_MAIL_BYTES, read_mail
from sensors.ledger import Ledger, append, insert_into
from sensors.replies import EMAIL_REPLY, note_mail
from sensors.schema import address_events
from sensors.sent_mail import sent_mail, settled
from sensors.wording import clean

_EVENTS = {".jsonl", ".ndjson"}
_MAILDIR = {"new", "cur"}
_WORDS = {
    "hard_bounce": "the address does not exist or takes no mail",
    "soft_bounce": "the mail did not arrive; the address may be good",
    "complaint": "the recipient called the mail spam",
    "unsubscribe": "the recipient opted out",
}


class FolderUnreadableError(ValueError):
    """There is no such folder."""


@dataclass
class Taken:
    """What a reading found: news by kind, how many were known before, and what was left out, and why."""

    new: dict[str, int] = field(default_factory=dict)
    known: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str) -> None:
        self.new[kind] = self.new.get(kind, 0) + 1

    def in_words(self) -> str:
        news = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(self.new.items()))
        return f"{news or 'nothing'} new; {self.known:,} known already; {len(self.left_out):,} left out"


def take_in(ledger: Ledger, folder: Path, *, now: datetime, secret: str | None, who: str) -> Taken:
    """Read a folder into `address_events` and `reply_events`, with a note in the history of what it answers.

    Raises `FolderUnreadableError`.
    """
    if not folder.is_dir():
        raise FolderUnreadableError(f"there is no folder {folder}")
    taken = Taken()
    for place, raw, came in _pieces(folder):
        try:
            news = read_event(raw, secret=secret) if came is None else read_mail(raw, secret=secret)
            origin = hashlib.sha256(raw + b"#0").hexdigest()
            if isinstance(news, AddressNews):
                _note(ledger, news, origin, taken, now=now, who=who)
            elif note_mail(ledger, news, origin, came=came or now, now=now, who=who):
                taken.count(EMAIL_REPLY)
            else:
                taken.known += 1
        except NoNewsError as error:
            taken.left_out.append((place, str(error)))
    return taken


def opt_out(ledger: Ledger, email: str, *, now: datetime, who: str, why: str) -> bool:
    """Note that the address's owner told a person, in whatever way, that they want no more marketing.

    `email` as `sensors.address_news.address` spells it. False when a person had noted it before.
    """
    row = {
        "origin": hashlib.sha256(f"by hand {email}".encode()).hexdigest(), "at": now, "email": email,
        "kind": UNSUBSCRIBE, "action_id": None, "detail": clean(f"{who} noted it: {why}"),
    }  # fmt: skip
    with ledger.writing() as connection:
        insert = insert_into(connection, address_events).on_conflict_do_nothing(index_elements=["origin"])
        return bool(connection.execute(insert.returning(address_events.c.event_id), row).first())


def _note(ledger: Ledger, news: AddressNews, origin: str, taken: Taken, *, now: datetime, who: str) -> None:
    with ledger.writing() as connection:
        known = select(address_events.c.event_id).where(address_events.c.origin == origin)
        if connection.scalar(known) is not None:
            taken.known += 1
            return
        sent = sent_mail(connection, [news.message_id]) if news.message_id else None
        email = address(sent["recipient"]) if sent else news.email
        if email is None:
            raise NoNewsError("it answers no mail of ours")
        if news.email and news.email != email:
            raise NoNewsError("the mail it answers went to another address")
        at = min(news.at or now, now)
        action_id = sent["action_id"] if sent else None
        row = {"origin": origin, "at": at, "email": email, "kind": news.kind, "action_id": action_id}
        connection.execute(address_events.insert(), row | {"detail": news.detail})
        if sent:
            sent = settled(connection, sent, now=now, who=who)
            said = f" ({news.detail})" if news.detail else ""
            append(connection, [{
                "action_id": action_id, "at": now, "from_state": sent["state"], "to_state": sent["state"],
                "attempt": sent["attempts"], "who": who, "detail": f"{_WORDS[news.kind]}{said}",
            }])  # fmt: skip
    taken.count(news.kind)


def _pieces(folder: Path) -> Iterator[tuple[str, bytes, datetime | None]]:
    """Each mail, with when it was put there, and each line of events, with where it stands. Links are not
    followed."""
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "tmp")
        for name in sorted(names):
            path = Path(root) / name
            place = str(path.relative_to(folder))
            is_event = path.suffix.lower() in _EVENTS
            is_mail = path.suffix.lower() == ".eml" or path.parent.name in _MAILDIR
            if path.is_symlink() or not path.is_file() or not (is_event or is_mail):
                continue
            try:
                file = path.open("rb")
            except FileNotFoundError:  # a mail program moved it meanwhile; read the next time
                continue
            with file:
                if not is_event:
                    came = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
                    yield place, file.read(LARGEST_MAIL_BYTES + 1), came
                    continue
                number = 0
                while line := file.readline(LONGEST_LINE_BYTES + 1):
                    number += 1
                    if line.strip():
                        yield f"{place}:{number}", line.strip(), None
