"""The review queue: nothing that a machine prepared for a person goes out without that person."""

import json
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from rich.console import Console
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from sensors import reviews
from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.command_line import main
from sensors.decisions import Decision
from sensors.delivery import DeliveryReport, deliver
from sensors.interventions import NotAllowedNowError, resend
from sensors.ledger import Ledger, open_ledger
from sensors.rendering import Renderer
from sensors.reviews import EditRefusedError
from sensors.states import State
from tests.sensors.conftest import START, Clock, Publish, decision
from warehouse.home import Home

BOTH_DATABASES = True

Deliver = Callable[..., DeliveryReport]


@pytest.fixture
def delivering(ledger: Ledger, home: Home, clock: Clock) -> Deliver:
    def now(snapshot: Path | None = None) -> DeliveryReport:
        channels = build_channels(ChannelConfig(), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="w", sleep=clock.sleep)

    return now


def outbox(home: Home) -> dict[str, dict[str, Any]]:
    lines = [line for path in home.outbox.glob("*.jsonl") for line in path.read_text().splitlines()]
    return {row["action_id"]: row for row in map(json.loads, lines)}


def test_a_prepared_action_waits_until_a_person_approves_it_and_goes_out_as_approved(
    ledger: Ledger, home: Home, publish: Publish, delivering: Deliver, tmp_path: Path
) -> None:
    clock = Clock()
    assisted = decision("a", mode="assisted", expires_at="2026-11-24 09:00:00")
    report = delivering(publish([assisted, decision("h", mode="human")]))
    assert report.by_state["awaiting_approval"] == 1 and set(outbox(home)) == {"h"}
    assert ledger.get("a").expires_at == START + timedelta(days=2)

    fingerprint = reviews.approve(ledger, "a", renderer=Renderer(), now=clock(), who="ana")
    # whatever becomes of its template in the meantime
    templates = tmp_path / "templates"
    (templates / "plays").mkdir(parents=True)
    channels = build_channels(ChannelConfig(), home.outbox, now=clock)
    deliver(ledger, None, channels, now=clock, worker="w", renderer=Renderer(templates))
    row = ledger.get("a")
    assert row.state == "delivered" and row.message_hash == row.approved_hash == fingerprint
    assert "is now declining" in json.dumps(outbox(home)["a"])
    assert [(step.to_state, step.who) for step in ledger.history("a")][:2] == [
        ("awaiting_approval", "w"),
        ("pending", "ana"),
    ]


def test_what_a_person_edited_is_what_is_sent(
    ledger: Ledger, home: Home, clock: Clock, publish: Publish, delivering: Deliver
) -> None:
    delivering(publish([decision("a", mode="assisted")]))
    given: dict[str, Any] = {"renderer": Renderer(), "now": clock(), "who": "ana"}
    first = reviews.edit(ledger, "a", {"subject": "A word\nBcc: all@x.io"}, **given)
    second = reviews.edit(ledger, "a", {"ask": "Call <b>Ben</b>.\n\nThen {{ write }}."}, **given)
    assert first != second
    with pytest.raises(NotAllowedNowError, match="not the one you have seen"):
        reviews.approve(ledger, "a", seen=first[:12], **given)
    assert reviews.approve(ledger, "a", seen=second[:12], **given) == second
    with pytest.raises(NotAllowedNowError, match="is pending"):
        reviews.edit(ledger, "a", {"ask": "Changed my mind."}, **given)
    delivering()
    sent = outbox(home)["a"]["message"]
    assert sent["subject"] == "A word Bcc: all@x.io"
    assert "Call <b>Ben</b>.\n\nThen {{ write }}." in sent["text"] and "&lt;b&gt;Ben" in sent["html"]
    assert ledger.get("a").message_hash == second
    # each version of the words stays in the history
    said = [step.detail or "" for step in ledger.history("a") if step.who == "ana"]
    assert first in said[0] and "A word Bcc" in said[0] and second in said[1] and second in said[2]


@pytest.mark.parametrize(
    "parts",
    [{}, {"why_you": "x"}, {"ask": " \n "}, {"ask": "long " * 1000}],
    ids=lambda parts: str(parts)[:20],
)
def test_words_that_would_not_be_sent_as_written_are_refused(
    parts: dict[str, str], ledger: Ledger, clock: Clock, publish: Publish, delivering: Deliver
) -> None:
    delivering(publish([decision("a", mode="assisted")]))
    with pytest.raises(EditRefusedError):
        reviews.edit(ledger, "a", parts, renderer=Renderer(), now=clock(), who="ana")


def test_what_is_rejected_or_expires_is_suppressed_with_words(
    ledger: Ledger, home: Home, clock: Clock, publish: Publish, delivering: Deliver
) -> None:
    until = {"expires_at": "2026-11-22 10:00:00"}
    delivering(publish([decision("no", mode="assisted"), decision("late", mode="assisted", **until)]))
    reviews.reject(ledger, "no", now=clock(), who="ana", why="he is on holiday")
    clock.forward(hours=1)
    with pytest.raises(NotAllowedNowError, match="until 2026-11-22 10:00"):
        reviews.approve(ledger, "late", renderer=Renderer(), now=clock(), who="ana")
    assert ledger.due(clock()) == 1
    assert delivering().settled_now == {"suppressed": 1} and outbox(home) == {}
    settled = {name: ledger.get(name) for name in ("no", "late")}
    assert {row.state for row in settled.values()} == {"suppressed"}
    assert settled["no"].suppressed_by == "rejected"
    assert settled["no"].suppressed_reason == "ana rejected it: he is on holiday"
    assert settled["late"].suppressed_by == "approval_expired"
    assert settled["late"].suppressed_reason == "Nobody approved it until 2026-11-22 10:00 UTC"
    assert ledger.due(clock()) == 0


def test_nothing_goes_out_before_its_time(
    ledger: Ledger, clock: Clock, publish: Publish, delivering: Deliver
) -> None:
    report = delivering(publish([decision("a", send_after_at="2026-11-22 10:00:00"), decision("b")]))
    assert report.sent_now == {"email": 1} and ledger.get("a").state == "pending"
    clock.forward(hours=1)
    assert ledger.due(clock()) == 1 and delivering().sent_now == {"email": 1}


def test_the_database_itself_refuses_to_queue_what_nobody_approved(
    ledger: Ledger, publish: Publish, delivering: Deliver
) -> None:
    delivering(publish([decision("a", mode="assisted")]))
    for state in ("pending", "sending", "delivered"):
        with pytest.raises(IntegrityError, match="is_approved"), ledger.writing() as connection:
            connection.execute(text("update deliveries set state = :state"), {"state": state})


def test_rows_of_a_ledger_from_before_approvals_wait_for_a_person_now(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(reviews.__file__).parent / "migrations"))

    def go_back() -> None:
        ledger = open_ledger(url)
        with ledger.writing() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0001")
        ledger.close()

    go_back()
    insert = text(
        "insert into deliveries (action_id, channel, state, mode, attempts, attempts_forgiven, is_immediate,"
        " priority, created_at) values (:id, 'email', :state, :mode, 1, 0, false, 1, '2026-11-22 09:00:00')"
    )
    rows = [
        ("waits", "failed", "assisted"),
        ("sent", "delivered", "assisted"),
        ("auto", "pending", "automated"),
    ]
    engine = create_engine(url)
    with engine.begin() as connection_of_old:
        for action_id, state, mode in rows:
            connection_of_old.execute(insert, {"id": action_id, "state": state, "mode": mode})
    ledger = open_ledger(url)
    assert [ledger.get(name).state for name, *_ in rows] == ["awaiting_approval", "delivered", "pending"]
    (step,) = ledger.history("waits")
    assert (step.from_state, step.to_state, step.who) == ("failed", "awaiting_approval", "migration 0002")
    ledger.close()

    # Back on the same data, and up again: nothing is lost, and nothing may go out unapproved.
    go_back()
    with engine.connect() as connection_of_old:
        found = connection_of_old.execute(text("select action_id, state from deliveries order by 1")).all()
    assert [tuple(row) for row in found] == [("auto", "pending"), ("sent", "delivered"), ("waits", "held")]
    engine.dispose()
    ledger = open_ledger(url)
    assert [ledger.get(name).state for name, *_ in rows] == ["held", "delivered", "pending"]
    assert [step.to_state for step in ledger.history("waits")] == ["awaiting_approval", "held"]
    ledger.close()


def test_the_queue_from_the_command_line(
    publish: Publish, home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIERLINE_HOME", str(home.root))

    def terminal(*words: str) -> str:
        console = Console(record=True, width=200, highlight=False)
        assert main(words, console=console) == 0, capsys.readouterr().err
        return console.export_text()

    publish([decision(name, mode="assisted") for name in ("a", "b")])
    assert "awaiting_approval" in terminal("deliver")
    assert "needs to hear from you" in terminal("review")
    (home.root / "words.txt").write_text("Please call Ben at once.")
    assert "still waits" in terminal("edit", "a", "--by", "ana", "--ask", f"@{home.root / 'words.txt'}")
    terminal("approve", "a", "--by", "ana")
    terminal("reject", "b", "--by", "ben", "--why", "too early")
    assert "Nothing waits" in terminal("review")
    assert "delivered 1 by email" in terminal("deliver")
    assert "Please call Ben at once." in terminal("show", "a")
    assert "ben rejected it: too early" in terminal("show", "b")
    assert main(["approve", "b"]) == 1 and "is suppressed" in capsys.readouterr().err


NAMES = "abcd"


class ReviewMachine(RuleBasedStateMachine):
    """People and deliveries in any order, with a destination that is down at times."""

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.home, self.clock = Home(Path(self.folder.name)).create(), Clock()
        self.ledger = open_ledger(f"sqlite:///{self.home.ledger}")
        self.renderer = Renderer()
        self.approved: dict[str, str] = {}
        self.modes: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @rule(
        name=st.sampled_from(NAMES),
        mode=st.sampled_from(["assisted", "assisted", "human", "automated"]),
        hours=st.none() | st.integers(0, 3),
        is_suppressed=st.booleans(),
    )
    def decide(self, name: str, mode: str, hours: int | None, is_suppressed: bool) -> None:
        expires_at = None if hours is None else self.clock() + timedelta(hours=hours)
        row = decision(name, mode=mode, suppressed_by="holdout" if is_suppressed else None)
        given = Decision(**row | {"expires_at": expires_at, "sla_due_at": None, "decided_for": START.date()})
        if self.ledger.enqueue([given], snapshot_version="v", now=self.clock(), who="t").new:
            self.modes[name] = mode

    def _try(self, act: Callable[..., Any], name: str, **given: Any) -> Any:
        if name in self.modes:
            try:
                return act(self.ledger, name, now=self.clock(), who="ana", **given)
            except NotAllowedNowError:
                return None
        return None

    @rule(name=st.sampled_from(NAMES))
    def approve(self, name: str) -> None:
        if fingerprint := self._try(reviews.approve, name, renderer=self.renderer):
            self.approved[name] = fingerprint

    @rule(name=st.sampled_from(NAMES), words=st.text(min_size=1).filter(lambda each: each.strip("\x00 ")))
    def edit(self, name: str, words: str) -> None:
        try:
            self._try(reviews.edit, name, parts={"headline": words}, renderer=self.renderer)
        except EditRefusedError:
            return

    @rule(name=st.sampled_from(NAMES))
    def reject(self, name: str) -> None:
        self._try(reviews.reject, name, why="no")

    @rule(name=st.sampled_from(NAMES), recipient=st.sampled_from([None, "ben@northwind-cs.io"]))
    def send_again(self, name: str, recipient: str | None) -> None:
        self._try(resend, name, why="again", recipient=recipient)
        if name in self.approved and recipient:
            self.approved[name] = self.ledger.get(name).approved_hash or ""

    @rule(works=st.booleans())
    def deliver(self, works: bool) -> None:
        channels = build_channels(ChannelConfig(), self.home.outbox, now=self.clock)
        if not works:
            del channels["email"]
        deliver(self.ledger, None, channels, now=self.clock, worker="w", sleep=self.clock.sleep)

    @rule(hours=st.integers(1, 4))
    def wait(self, hours: int) -> None:
        self.clock.forward(hours=hours)

    @invariant()
    def only_what_a_person_approved_is_sent_as_it_was_approved(self) -> None:
        if not hasattr(self, "ledger"):
            return
        sent = outbox(self.home)
        for name, mode in self.modes.items():
            row, history = self.ledger.get(name), self.ledger.history(name)
            assert history[-1].to_state == row.state
            if name not in sent:
                continue
            assert row.state == State.DELIVERED
            if mode == "assisted":
                assert row.message_hash == self.approved[name]
        # what was refused, suppressed or let expire stays at home
        assert not {n for n in self.modes if self.ledger.get(n).state == State.SUPPRESSED} & set(sent)


TestReviewMachine = ReviewMachine.TestCase
TestReviewMachine.settings = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
