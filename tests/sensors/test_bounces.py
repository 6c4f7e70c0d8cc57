"""What comes back of mail: from a relay's report or a page's log to the ledger, and into the warehouse's source."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from dagster import build_sensor_context
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from orchestration.delivering import delivering
from orchestration.settings import Settings
from sensors.address_news import bounce_kind, message_id
from sensors.bounce_sensor import bounce_sensor
from sensors.bounces import FolderUnreadableError, Taken, take_in
from sensors.channels.configuration import ChannelConfig, EmailDestination, build_channels
from sensors.channels.unsubscribing import Unsubscribing, recipient_of, token_for
from sensors.delivery import deliver
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import mail_receiver
from warehouse.home import Home

SECRET = "a secret of two dozen letters"
KIM = "kim@northwind.io"


@pytest.fixture
def sent(ledger: Ledger, home: Home, clock: Clock, publish: Publish) -> Iterator[EmailMessage]:
    """Marketing mail to Kim, as a relay got it."""
    way_out = Unsubscribing("mailto:stop@our-company.io", SECRET)
    with mail_receiver() as relay:
        destination = EmailDestination(
            host="127.0.0.1",
            port=relay.port,
            sender="cs@our-company.io",
            starttls=False,
            unsubscribing=way_out,
        )
        channels = build_channels(ChannelConfig(email=destination), home.outbox, now=clock)
        row = decision(
            "a", "usage_nudge", recipient="Kim@Northwind.io", message_kind="marketing", mode="automated"
        )
        deliver(ledger, publish([row]), channels, now=clock, worker="test", sleep=clock.sleep)
        yield relay.mails[0]


def report(mail: EmailMessage, status: str = "5.1.1", action: str = "failed", whole: bool = True) -> bytes:
    """A report as Postfix writes it (RFC 3464), with the mail or just its headers returned."""
    about = mail["Message-ID"]
    returned = "message/rfc822" if whole else "text/rfc822-headers"
    return f"""From: MAILER-DAEMON@relay.io
To: cs@our-company.io
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 07:15:00 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

I'm sorry to have to inform you ...

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.io
Arrival-Date: Sun, 22 Nov 2026 09:00:01 +0000

Final-Recipient: rfc822; kim.larsen@elsewhere.io
Original-Recipient: rfc822;kim@northwind.io
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <kim@northwind.io>: user unknown

--b1
Content-Type: {returned}

From: cs@our-company.io
To: Kim@Northwind.io
Message-ID: {about}
Subject: Hello

--b1--
""".replace("\n", "\r\n").encode()


def read(ledger: Ledger, folder: Path, secret: str | None = SECRET) -> Taken:
    return take_in(ledger, folder, now=datetime(2026, 11, 24, tzinfo=UTC), secret=secret, who="mailbox")


def stored(ledger: Ledger) -> list[tuple[object, ...]]:
    query = "select email, kind, action_id from address_events order by event_id"
    with ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("whole", [True, False])
def test_a_report_marks_the_address_our_mail_went_to_and_is_noted_once(
    ledger: Ledger, sent: EmailMessage, tmp_path: Path, whole: bool
) -> None:
    new = tmp_path / "box" / "new"
    new.mkdir(parents=True)
    (new / "1732345.M1.host").write_bytes(report(sent, whole=whole))
    assert read(ledger, tmp_path / "box").new == {"hard_bounce": 1}
    # read by a person, it moves; it is the same report
    (new.parent / "cur").mkdir()
    (new / "1732345.M1.host").rename(new.parent / "cur" / "1732345.M1.host:2,S")
    again = read(ledger, tmp_path / "box")
    assert (again.new, again.known, again.left_out) == ({}, 1, [])
    assert stored(ledger) == [(KIM, "hard_bounce", "a")]
    last = ledger.history("a")[-1]
    assert (last.from_state, last.to_state, last.who) == ("delivered", "delivered", "mailbox")
    assert last.detail == (
        "the address does not exist or takes no mail (5.1.1 550 5.1.1 <kim@northwind.io>: user unknown)"
    )


@pytest.mark.parametrize("status", ["4.2.2", "5.2.2", "5.7.1", "5.4.4", "", "nonsense"])
def test_only_what_is_the_addresss_fault_is_a_hard_bounce(
    ledger: Ledger, sent: EmailMessage, tmp_path: Path, status: str
) -> None:
    (tmp_path / "a.eml").write_bytes(report(sent, status))
    assert read(ledger, tmp_path).new == {"soft_bounce": 1}
    assert bounce_kind("5.1.1") == bounce_kind("550 5.2.1 disabled") == "hard_bounce"


def test_hostile_and_useless_mail_is_left_out_with_reasons(
    ledger: Ledger, sent: EmailMessage, tmp_path: Path
) -> None:
    forged = report(sent).replace(str(sent["Message-ID"]).encode(), b"<made-up@our-company.io>")
    (tmp_path / "forged.eml").write_bytes(forged)
    (tmp_path / "no id.eml").write_bytes(forged.replace(b"Message-ID: <made-up@our-company.io>", b"X: y"))
    (tmp_path / "delayed.eml").write_bytes(report(sent, "4.4.1", "delayed"))
    (tmp_path / "chat.eml").write_bytes(b"Subject: Re: hello\r\n\r\nThanks!")
    (tmp_path / "garbage.eml").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "guessed.eml").write_bytes(
        b"Subject: unsubscribe a2ltQG5vcnRod2luZC5pbw.AAAAAAAAAAAAAAAAAAAAAA\r\n\r\n"
    )
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(500)
    )
    (tmp_path / "nested.eml").write_bytes(nested)
    (tmp_path / "link.eml").symlink_to("/etc/passwd")
    taken = read(ledger, tmp_path)
    assert taken.new == {} and stored(ledger) == []
    reasons = dict(taken.left_out)
    assert reasons["forged.eml"] == "it answers no mail of ours"
    assert "does not say which mail" in reasons["no id.eml"]
    assert "no failure" in reasons["delayed.eml"]
    assert "neither a delivery report" in reasons["chat.eml"]
    assert reasons["guessed.eml"] == "its token was not signed by us"
    assert {"garbage.eml", "nested.eml"} <= set(reasons) and "link.eml" not in reasons


def test_who_answers_to_the_address_in_the_mail_is_opted_out(
    ledger: Ledger, sent: EmailMessage, tmp_path: Path
) -> None:
    address = str(sent["List-Unsubscribe"]).strip("<>")
    wish = EmailMessage()
    wish["From"], wish["Date"] = "somebody@else.io", "Mon, 23 Nov 2026 08:00:00 +0000"
    wish["Subject"] = address.partition("?subject=")[2].replace("%20", " ")
    (tmp_path / "wish.eml").write_bytes(wish.as_bytes())
    assert read(ledger, tmp_path).new == {"unsubscribe": 1}
    assert stored(ledger) == [(KIM, "unsubscribe", None)]


def test_a_relays_events_are_read_line_by_line(ledger: Ledger, sent: EmailMessage, tmp_path: Path) -> None:
    lines = [
        {
            "event": "bounce",
            "email": KIM,
            "status": "5.1.1",
            "smtp-id": sent["Message-ID"],
            "timestamp": 1795420000,
        },
        {"event": "bounce", "email": "Ann@x.io", "type": "soft"},
        {"event": "spamreport", "email": "ann@x.io"},
        {"event": "unsubscribe", "token": token_for(SECRET, "Bo@x.io"), "at": "2026-11-23T08:00:00Z"},
        {"event": "bounce", "email": "other@x.io", "status": "5.1.1", "message_id": sent["Message-ID"]},
        {"event": "delivered", "email": KIM},
        {"event": "unsubscribe", "token": "e30.e30"},
        {"event": "bounce", "email": "a@b.io, c@d.io"},
        ["no", "object"],
    ]
    events = tmp_path / "events.jsonl"
    events.write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + "{broken\n\n" + "x" * 200_000 + "\n"
    )
    taken = read(ledger, tmp_path)
    assert taken.new == {"hard_bounce": 1, "soft_bounce": 1, "complaint": 1, "unsubscribe": 1}
    assert stored(ledger) == [
        (KIM, "hard_bounce", "a"), ("ann@x.io", "soft_bounce", None),
        ("ann@x.io", "complaint", None), ("bo@x.io", "unsubscribe", None),
    ]  # fmt: skip
    assert [place for place, _ in taken.left_out][:6] == [f"events.jsonl:{n}" for n in (5, 6, 7, 8, 9, 10)]
    assert "another address" in taken.left_out[0][1]
    assert read(ledger, tmp_path).known == 4


def test_a_token_names_one_address_and_nobody_else_can_sign_it() -> None:
    token = token_for(SECRET, " Kim@Northwind.io")
    assert recipient_of(SECRET, token) == KIM
    named, _, signed = token.partition(".")
    forged = [
        token_for("another secret of letters", KIM),
        f"{token_for(SECRET, 'bo@x.io').partition('.')[0]}.{signed}",
        named,
        "",
        "é.é",
        "a.b.c",
    ]
    assert [recipient_of(SECRET, each) for each in forged] == [None] * 6


def test_message_ids_are_known_with_and_without_brackets() -> None:
    assert message_id("a@b.io") == message_id("<a@b.io>") == message_id(" x <a@b.io> y") == "<a@b.io>"
    assert message_id("no id") is None and message_id(None) is None


def test_what_came_back_can_not_be_changed(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"event": "unsubscribe", "email": "a@b.io"}\n')
    read(ledger, tmp_path)
    for change in ("update address_events set kind = 'complaint'", "delete from address_events"):
        with pytest.raises(DatabaseError, match="append-only"), ledger.writing() as connection:
            connection.execute(text(change))


def test_the_command_says_what_it_found(home: Home, tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text('{"event": "unsubscribe", "email": "a@b.io"}\n{"event": "open"}\n')
    environment = {"TIERLINE_HOME": str(home.root), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sensors", "bounces", "--from", str(folder)],
            cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    assert "1 unsubscribe new; 0 known already; 1 left out" in run(tmp_path).stdout
    assert "nothing new; 1 known already" in run(tmp_path).stdout
    missing = run(tmp_path / "nowhere")
    assert missing.returncode == 1 and "there is no folder" in missing.stderr


def test_the_configured_folder_is_read_whenever_something_came_back(
    ledger: Ledger, url: str, sent: EmailMessage, tmp_path: Path
) -> None:
    folder = tmp_path / "mailbox"
    watch = bounce_sensor(folder, ledger_url=url, secret=SECRET)
    cursor: str | None = None

    def tick() -> str:
        nonlocal cursor
        context = build_sensor_context(cursor=cursor)
        said: Any = watch(context)
        cursor = context.cursor
        return str(said.skip_message)

    with pytest.raises(FolderUnreadableError):
        tick()
    (folder / "new").mkdir(parents=True)
    assert tick() == "nothing new; 0 known already; 0 left out"
    assert tick() == "nothing new came back"
    (folder / "new" / "1.host").write_bytes(report(sent))
    assert tick() == "1 hard bounce new; 0 known already; 0 left out"
    assert [row[0] for row in stored(ledger)] == [KIM]
    with (folder / "events.jsonl").open("a") as events:
        events.write(json.dumps({"event": "unsubscribe", "token": token_for(SECRET, KIM)}) + "\n")
    assert tick() == "1 unsubscribe new; 1 known already; 0 left out"
    assert tick() == "nothing new came back"


def test_a_mail_that_is_moved_while_it_is_looked_at_is_read_the_next_time(
    ledger: Ledger, sent: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, cur = tmp_path / "new" / "1.host", tmp_path / "cur" / "1.host:2,S"
    for each in (new, cur):
        each.parent.mkdir()
    new.write_bytes(report(sent))
    is_file = Path.is_file

    def answer_then_move(path: Path) -> bool:
        found = is_file(path)
        if path == new and found:
            new.rename(cur)
        return found

    monkeypatch.setattr(Path, "is_file", answer_then_move)
    assert read(ledger, tmp_path).new == {} and cur.exists()
    assert read(ledger, tmp_path).new == {"hard_bounce": 1}


def test_only_a_configured_folder_has_a_sensor(home: Home, tmp_path: Path) -> None:
    def names(**given: Any) -> set[str]:
        found = delivering(Settings(home=home.root, **given)).sensors or []
        return {each.name for each in found}

    assert names(bounces_folder=tmp_path) - names() == {"bounces"}
