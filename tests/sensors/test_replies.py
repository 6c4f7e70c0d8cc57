"""What people answer, by mail and in Slack: into the ledger once, and only what a person wrote."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from dagster import AssetKey, DagsterInstance, build_sensor_context
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, SensorInstigatorData
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from orchestration.delivering import delivering
from orchestration.settings import Settings
from sensors.bounces import Taken, take_in
from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    SlackBotDestination,
    build_channels,
)
from sensors.delivery import deliver
from sensors.interventions import confirm
from sensors.ledger import Ledger
from sensors.operations import OperationsConfig
from sensors.operations_sensor import operations_sensor
from sensors.reply_sensor import reply_sensor, unread_threads
from sensors.slack_replies import MOST_THREADS, hear
from sensors.troubles import troubles
from simulator.vendors.faults import Fault
from simulator.vendors.server import VendorServer
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import mail_receiver
from tests.sensors.test_bounces import report as bounce_of
from tests.simulator.vendors.conftest import Serve, lived, serve  # noqa: F401 -- fixtures
from warehouse.home import Home

BOTH_DATABASES = True
SOON: dict[str, Any] = {"backlog_after": timedelta(hours=1)}
REPLIES = "/api/conversations.replies"
ANA = "ana.ruiz@northwind-cs.io"


def replies(ledger: Ledger) -> list[tuple[Any, ...]]:
    query = "select action_id, kind, author, replied_at from reply_events order by event_id"
    with ledger.reading() as connection:
        return [(*row[:3], str(row[3]).partition(".")[0]) for row in connection.execute(text(query))]


@pytest.fixture
def sent(ledger: Ledger, home: Home, clock: Clock, publish: Publish) -> Iterator[list[EmailMessage]]:
    """Two alerts to Ana, as a relay got them."""
    with mail_receiver() as relay:
        destination = EmailDestination(
            host="127.0.0.1", port=relay.port, sender="CS <cs@Our-Company.io>", starttls=False
        )
        channels = build_channels(ChannelConfig(email=destination), home.outbox, now=clock)
        rows = [decision(each, "at_risk_review", recipient=ANA) for each in ("a", "b")]
        deliver(ledger, publish(rows), channels, now=clock, worker="test", sleep=clock.sleep)
        yield relay.mails


def answer(mail: EmailMessage, **headers: str) -> EmailMessage:
    """Ana's reply to a mail."""
    reply = EmailMessage()
    given = {
        "From": f"Ana Ruiz <{ANA.upper()}>",
        "To": "cs@our-company.io",
        "Received": "from x.io by mx.our-company.io; Mon, 23 Nov 2026 09:15:00 +0100 (CET)",
        "Date": "Mon, 23 Nov 2026 09:14:30 +0100",
        "Subject": f"Re: {mail['Subject']}",
        "Message-ID": "<reply-1@northwind-cs.io>",
        "In-Reply-To": str(mail["Message-ID"]),
        "References": str(mail["Message-ID"]),
    }
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            reply[name] = value
    reply.set_content("I called them, all is well.\n\n> the quoted alert")
    return reply


def read(ledger: Ledger, folder: Path) -> Taken:
    return take_in(ledger, folder, now=datetime(2026, 11, 24, tzinfo=UTC), secret=None, who="mailbox")


def test_a_reply_by_mail_answers_the_action_once(
    ledger: Ledger, sent: list[EmailMessage], tmp_path: Path
) -> None:
    (tmp_path / "1.eml").write_bytes(answer(sent[0]).as_bytes())
    # the thread went on: what is answered last counts, also where the program gives References alone
    thread = f"<older@else.io> {sent[0]['Message-ID']} <between@else.io> {sent[1]['Message-ID']}"
    huge = answer(sent[1], In_Reply_To="", References=thread, Message_ID="<reply-2@x.io>", Precedence="list")
    huge.add_attachment(b"x" * 11_000_000, maintype="application", subtype="pdf", filename="plan.pdf")
    (tmp_path / "2.eml").write_bytes(huge.as_bytes())
    assert read(ledger, tmp_path).new == {"email_reply": 2}
    again = read(ledger, tmp_path)
    assert (again.new, again.known, again.left_out) == ({}, 2, [])
    assert replies(ledger) == [
        ("a", "email_reply", ANA, "2026-11-23 08:15:00"),
        ("b", "email_reply", ANA, "2026-11-23 08:15:00"),
    ]
    last = ledger.history("a")[-1]
    assert (last.to_state, last.who, last.detail) == ("delivered", "mailbox", f"{ANA} replied by e-mail")
    assert "all is well" not in repr(ledger.history("a"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "Auto-Generated; owner=ana"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"X_Auto_Response_Suppress": "All"},
        {"Return_Path": "<>"},
        {"From": "Mail <MAILER-DAEMON@relay.io>"},
        {"In_Reply_To": "<0123456789012345678901234567890123456789@our-company.io>", "References": ""},
        {"In_Reply_To": "", "References": ""},
        {"In_Reply_To": "<" * 5000 + "@" * 5000, "References": "\u0000\ud7ff<>" * 100},
    ],
)
def test_what_no_person_wrote_or_answers_nothing_of_ours_is_no_reply(
    ledger: Ledger, sent: list[EmailMessage], tmp_path: Path, headers: dict[str, str]
) -> None:
    (tmp_path / "1.eml").write_bytes(answer(sent[0], **headers).as_bytes())
    taken = read(ledger, tmp_path)
    assert taken.new == {} and len(taken.left_out) == 1 and replies(ledger) == []


def test_a_copy_of_our_own_mail_is_no_reply(ledger: Ledger, sent: list[EmailMessage], tmp_path: Path) -> None:
    (tmp_path / "copy.eml").write_bytes(
        answer(sent[0], Message_ID=str(sent[0]["Message-ID"]), From="cs@our-company.io").as_bytes()
    )
    assert read(ledger, tmp_path).new == {}


@pytest.mark.parametrize(
    ("received", "at"),
    [
        ("by mx; Fri, 1 Jan 1999 00:00:00 +0000", "2026-11-22 09:00:00"),
        ("by mx; Fri, 1 Jan 2100 00:00:00 +0000", "2026-11-24 00:00:00"),
        # where no server says when it came, the file does, and never what its sender claims
        ("by mx; gibberish", "2026-11-23 10:00:00"),
        ("", "2026-11-23 10:00:00"),
    ],
)
def test_an_answer_is_as_old_as_its_arrival_and_comes_after_the_question_and_before_now(
    ledger: Ledger, sent: list[EmailMessage], tmp_path: Path, received: str, at: str
) -> None:
    mail = answer(sent[0], Received=received, Date="Thu, 1 Jan 1970 00:00:00 +0000")
    # what other servers, or its sender, wrote below
    mail["Received"] = "from attic by cellar; Sun, 22 Nov 2026 09:00:01 +0000"
    if not received:
        del mail["Received"]
    (tmp_path / "1.eml").write_bytes(mail.as_bytes())
    came = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "1.eml", (came, came))
    read(ledger, tmp_path)
    assert replies(ledger) == [("a", "email_reply", ANA, at)]


def test_a_strangers_reply_stands_in_the_history_and_answers_nothing(
    ledger: Ledger, sent: list[EmailMessage], tmp_path: Path, home: Home, publish: Publish
) -> None:
    """A colleague who got the alert from Ana answers it for her; who else got it does not."""
    facts = {"account_name": "who@evil.example", "csm_email": "bo@northwind-cs.io"}
    others = [
        decision("c", recipient="Lead@Northwind-CS.io", facts=facts),
        decision("d", "usage_nudge", recipient="kim@customer.io", mode="automated", facts=facts),
    ]
    clock = Clock()
    deliver(ledger, publish(others), build_channels(ChannelConfig(), home.outbox, now=clock), now=clock,
            worker="test", sleep=clock.sleep)  # fmt: skip
    strangers = ["who@evil.example", "kim@customer.io", ""]
    for number, author in enumerate(strangers):
        (tmp_path / f"{number}.eml").write_bytes(answer(sent[0], From=author).as_bytes())
    assert read(ledger, tmp_path).new == {} and replies(ledger) == []
    taken = read(ledger, tmp_path)
    assert [place for place, why in taken.left_out if "nobody" in why or "the team" in why] == [
        "0.eml", "1.eml", "2.eml",
    ]  # fmt: skip
    assert [each.detail for each in ledger.history("a") if "no answer" in str(each.detail)] == [
        f"{author or 'somebody'} replied by e-mail, which is no answer: nobody of the team"
        for author in strangers
    ]
    for number, author in enumerate(["LEAD@northwind-cs.io", "bo@northwind-cs.io"]):
        mail = answer(sent[number], From=author, Message_ID=f"<{number}@x.io>")
        (tmp_path / f"c{number}.eml").write_bytes(mail.as_bytes())
    assert read(ledger, tmp_path).new == {"email_reply": 2}
    assert [row[2] for row in replies(ledger)] == ["lead@northwind-cs.io", "bo@northwind-cs.io"]


@pytest.fixture
def doubtful(ledger: Ledger, home: Home, clock: Clock, publish: Publish) -> Iterator[EmailMessage]:
    """An alert that the relay took without a word."""
    with mail_receiver() as relay:
        relay.answer = lambda _: None
        destination = EmailDestination(
            host="127.0.0.1", port=relay.port, sender="CS <cs@Our-Company.io>", starttls=False
        )
        channels = build_channels(ChannelConfig(email=destination), home.outbox, now=clock)
        snapshot = publish([decision("a", "at_risk_review", recipient=ANA)])
        deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)
        assert (ledger.get("a").state, ledger.get("a").destination_ref) == ("held", None)
        yield relay.mails[0]


def test_what_comes_back_for_a_mail_in_doubt_settles_it(
    ledger: Ledger, doubtful: EmailMessage, clock: Clock, tmp_path: Path
) -> None:
    # as programs that write ids in capitals give it back
    shouted = str(doubtful["Message-ID"]).upper()
    (tmp_path / "1.eml").write_bytes(answer(doubtful, In_Reply_To=shouted, References="").as_bytes())
    assert read(ledger, tmp_path).new == {"email_reply": 1}
    row = ledger.get("a")
    assert (row.state, row.delivered_at, row.last_error) == ("delivered", row.claimed_at, None)
    settling, replied = ledger.history("a")[-2:]
    assert (settling.from_state, settling.to_state, settling.who) == ("held", "delivered", "mailbox")
    assert (replied.from_state, replied.detail) == ("delivered", f"{ANA} replied by e-mail")
    assert replies(ledger) == [("a", "email_reply", ANA, "2026-11-23 08:15:00")]
    assert read(ledger, tmp_path).known == 1 and "held" not in str(troubles(ledger, now=clock(), **SOON))


def test_a_bounce_of_a_mail_in_doubt_marks_its_address(
    ledger: Ledger, doubtful: EmailMessage, tmp_path: Path
) -> None:
    (tmp_path / "1.eml").write_bytes(bounce_of(doubtful))
    assert read(ledger, tmp_path).new == {"hard_bounce": 1}
    assert ledger.get("a").state == "delivered"
    with ledger.reading() as connection:
        assert connection.execute(text("select email, kind, action_id from address_events")).all() == [
            (ANA, "hard_bounce", "a")
        ]


def test_what_a_person_saw_arrive_can_be_answered(
    ledger: Ledger, doubtful: EmailMessage, clock: Clock, tmp_path: Path
) -> None:
    confirm(ledger, "a", now=clock(), who="Bo", why="it lies in Ana's mailbox")
    (tmp_path / "1.eml").write_bytes(answer(doubtful).as_bytes())
    assert read(ledger, tmp_path).new == {"email_reply": 1}
    assert ledger.get("a").destination_ref == "seen by Bo"


def test_what_was_answered_can_not_be_changed(
    ledger: Ledger, sent: list[EmailMessage], tmp_path: Path
) -> None:
    (tmp_path / "1.eml").write_bytes(answer(sent[0]).as_bytes())
    read(ledger, tmp_path)
    for change in ("update reply_events set author = 'x'", "delete from reply_events"):
        with pytest.raises(DatabaseError, match="append-only"), ledger.writing() as connection:
            connection.execute(text(change))


# Slack: the bot's own conversations, against the simulated Slack.


class Desk:
    """A server, a bot, and people who answer."""

    def __init__(self, server: VendorServer, ledger: Ledger, home: Home, clock: Clock) -> None:
        self.server, self.ledger, self.home, self.clock = server, ledger, home, clock
        self.slack = SlackBotDestination(
            "simulated-slack", server.url_of("slack") + "/api/", timeout_seconds=2.0
        )
        self.person = str(server.view.rows("csms")[0]["slack_id"])

    def send(self, snapshot: Path) -> None:
        channels = build_channels(ChannelConfig(slack_bot=self.slack), self.home.outbox, now=self.clock)
        deliver(self.ledger, snapshot, channels, now=self.clock, worker="test", sleep=self.clock.sleep)

    def reply(self, action_id: str, user: str | None = None, **more: str) -> None:
        conversation, _, rest = str(self.ledger.get(action_id).destination_ref).partition(":")
        ts, _, thread = rest.partition("@")
        said = {
            "channel": conversation,
            "thread_ts": thread or ts,
            "user": user or self.person,
            "text": "on it",
        }
        answered = httpx.post(self.server.url + "/_simulator/slack_replies", json=said | more)
        assert answered.status_code == 200, answered.text

    def hear(self, **given: Any) -> Any:
        return hear(self.ledger, self.home.pointer, self.slack, now=self.clock(), **given)

    def answered(self) -> list[tuple[str, str]]:
        return [(row[0], row[2]) for row in replies(self.ledger)]


@pytest.fixture
def desk(serve: Serve, ledger: Ledger, home: Home) -> Desk:  # noqa: F811
    server = serve()
    vendor: Any = server.vendors["slack"]
    return Desk(server, ledger, home, Clock(vendor.tick()))


def alert(action_id: str, account_id: str = "acc-1", **changes: Any) -> dict[str, Any]:
    return decision(action_id, "critical_escalation", recipient="#general", account_id=account_id, **changes)


def test_a_word_in_the_thread_answers_the_open_alerts_that_stood_there(desk: Desk, publish: Publish) -> None:
    desk.send(publish([alert("a1"), alert("a2"), alert("b1", "acc-2"), alert("told", sla_due_at=None)]))
    assert desk.hear().in_words() == "0 alerts answered; 2 of 2 threads read"
    desk.reply("a1", user="U0TIERBOT0", subtype="bot_message")
    desk.reply("a1", subtype="channel_join")
    assert desk.hear().new == 0 and desk.answered() == []
    desk.reply("a1")
    desk.clock.forward(hours=1)
    desk.send(publish([alert("a3")]))
    heard = desk.hear()
    assert sorted(desk.answered()) == [("a1", desk.person), ("a2", desk.person)]
    assert (heard.new, heard.waiting) == (2, 2)
    last = desk.ledger.history("a1")[-1]
    assert (last.who, last.detail) == ("slack", f"{desk.person} replied in the thread")
    # what is answered is not asked after again; what came later waits for its own answer
    desk.reply("a3")
    assert desk.hear().new == 1 and desk.hear().in_words() == "0 alerts answered; 1 of 1 threads read"
    assert sorted(name for name, _ in desk.answered()) == ["a1", "a2", "a3"]


def test_an_alert_that_the_snapshot_calls_closed_is_not_asked_after(desk: Desk, publish: Publish) -> None:
    desk.send(publish([alert("a1"), alert("b1", "acc-2")]))
    with duckdb.connect(str(desk.home.pointer.resolve())) as snapshot:
        snapshot.execute("create schema marts")
        snapshot.execute("create table marts.fct_sla as select 'a1' as action_id, 'closed' as status")
        snapshot.execute("insert into marts.fct_sla values ('b1', 'overdue')")
    desk.reply("a1")
    desk.reply("b1")
    assert desk.hear().new == 1 and [name for name, _ in desk.answered()] == ["b1"]


def test_a_deleted_thread_does_not_stop_the_others(desk: Desk, publish: Publish) -> None:
    desk.send(publish([alert("a1"), alert("b1", "acc-2")]))
    desk.reply("b1")
    slack: Any = desk.server.vendors["slack"]
    del slack.messages[0]
    heard = desk.hear()
    assert (heard.new, heard.read, heard.stopped) == (1, 2, None)


def reminder(action_id: str, of: str, account_id: str = "acc-1") -> dict[str, Any]:
    facts = {"alert_action_id": of, "alert_play": "at_risk_review"}
    return alert(action_id, account_id, template_id="sla_reminder", sla_due_at=None, facts=facts)


def test_a_word_under_a_reminder_answers_for_the_alert_while_that_is_open(
    desk: Desk, publish: Publish
) -> None:
    """The alert went out by mail: its reminder is all that stands in Slack."""
    desk.send(publish([reminder("r1", "mailed"), reminder("r2", "closed", "acc-2"), alert("a1", "acc-3")]))
    desk.clock.forward(hours=1)
    desk.send(publish([reminder("r3", "mailed"), reminder("r4", "a1", "acc-3")]))
    with duckdb.connect(str(desk.home.pointer.resolve())) as snapshot:
        snapshot.execute("create schema marts")
        snapshot.execute("create table marts.fct_sla as select 'closed' as action_id, 'closed' as status")
    assert desk.hear().in_words() == "0 alerts answered; 2 of 2 threads read"
    for each in ("r3", "r2", "r4"):
        desk.reply(each)
    assert desk.hear().new == 2
    # whose reminder was answered needs no answer any more, nor do the reminders of what was answered itself
    assert sorted(desk.answered()) == [("a1", desk.person), ("r1", desk.person)]
    assert desk.hear().waiting == 0


def test_a_thread_that_fails_is_stepped_over_and_its_turn_comes_again(desk: Desk, publish: Publish) -> None:
    desk.send(publish([alert(f"a{n}", f"acc-{n}") for n in range(4)]))
    with desk.ledger.writing() as connection:
        held = "update deliveries set destination_ref = 'seen by a:b' where action_id = 'a3'"
        connection.execute(text(held))
    for n in range(3):
        desk.reply(f"a{n}")
    desk.server.set_faults([Fault("slack", "server_error", path=REPLIES, status=500, times=1)])
    heard = desk.hear(after="")
    assert (heard.new, heard.read, heard.waiting, heard.unread) == (2, 2, 3, 1)
    assert heard.stopped is None and "1 can't be read" in heard.in_words()
    assert desk.hear(after=heard.after).new == 1
    assert sorted(name for name, _ in desk.answered()) == ["a0", "a1", "a2"]


def test_threads_that_keep_failing_are_a_trouble_until_they_are_read(
    desk: Desk, publish: Publish, url: str, tmp_path: Path
) -> None:
    desk.send(publish([alert(f"a{n}", f"acc-{n}") for n in range(9)]))
    watch = reply_sensor(desk.home, ledger_url=url, slack=desk.slack, now=desk.clock)
    (tmp_path / "dagster").mkdir()
    with DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        origin = RemoteInstigatorOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "all"), "slack_replies"
        )
        state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING)
        instance.add_instigator_state(state)
        cursor: str | None = '{"after": ""}'

        def look() -> dict[str, str]:
            """A tick as Dagster's daemon keeps it."""
            nonlocal cursor
            desk.clock.forward(minutes=2)
            context = build_sensor_context(cursor=cursor)
            watch(context)
            cursor = context.cursor
            instance.update_instigator_state(state.with_data(SensorInstigatorData(cursor=cursor)))
            return unread_threads(instance)

        before = len(desk.server.journal.requests("slack"))
        desk.server.set_faults([Fault("slack", "server_error", path=REPLIES, status=500, times=0)])
        assert look() == look() == {}
        (told,) = look().items()
        assert told[0] == "replies/slack" and "Slack" in told[1] and "simulated-slack" not in told[1]
        # three that fail are enough for a look, and each look begins where the last one ended
        assert len({each.body for each in desk.server.journal.requests("slack")[before:]}) == 9
        # that Slack wants patience is no trouble, and no end of one
        desk.server.set_faults([Fault("slack", "rate_limit", path=REPLIES, retry_after=1)])
        assert list(look()) == ["replies/slack"]
        watcher = operations_sensor(
            home=desk.home, ledger_url=url, config=OperationsConfig(), checked=AssetKey("s"), now=desk.clock
        )
        for expected in ("1 open: replies/slack", "0 open"):
            said: Any = watcher(build_sensor_context(instance=instance))
            assert expected in str(said.skip_message)
            desk.server.set_faults([])
            look()


def test_the_sensor_reads_some_threads_a_minute_and_waits_when_slack_says_so(
    desk: Desk, publish: Publish, url: str
) -> None:
    many = MOST_THREADS + 5
    desk.send(publish([alert(f"a{n:03}", f"acc-{n}") for n in range(many)]))
    watch = reply_sensor(desk.home, ledger_url=url, slack=desk.slack, now=desk.clock)
    cursor: str | None = '{"after": ""}'

    def tick() -> str:
        nonlocal cursor
        context = build_sensor_context(cursor=cursor)
        said: Any = watch(context)
        cursor = context.cursor
        return str(said.skip_message)

    assert tick() == tick() == f"0 alerts answered; {MOST_THREADS} of {many} threads read"
    asked = [each for each in desk.server.journal.requests("slack") if each.path == REPLIES]
    assert len({each.body for each in asked}) == many
    for n in range(many):
        desk.reply(f"a{n:03}")
    assert tick() == f"{MOST_THREADS} alerts answered; {MOST_THREADS} of {many} threads read"
    rate = Fault("slack", "rate_limit", path=REPLIES, retry_after=90)
    desk.server.set_faults([rate])
    assert "patience" in tick() and len(desk.answered()) == MOST_THREADS
    desk.server.set_faults([])
    before = len(desk.server.journal.requests("slack"))
    desk.clock.forward(seconds=89)
    assert "patience until" in tick() and len(desk.server.journal.requests("slack")) == before
    desk.clock.forward(seconds=2)
    assert tick() == "5 alerts answered; 5 of 5 threads read"
    assert json.loads(str(cursor))["again_at"] is None and "simulated-slack" not in str(cursor)


def test_only_a_bot_has_a_sensor_for_threads(home: Home) -> None:
    def names(**given: Any) -> set[str]:
        found = delivering(Settings(home=home.root, **given)).sensors or []
        return {each.name for each in found}

    bot = {"slack_enabled": True, "slack_bot_token": "xoxb-1"}
    assert names(**bot) - names() == {"slack_replies"}
