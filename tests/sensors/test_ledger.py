"""The ledger itself: opening, history, leases, and its state machine under random use."""

import subprocess
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event, text
from sqlalchemy.exc import DatabaseError

from sensors.claims import Head, Settlement, abandoned, claim, head, release, settle
from sensors.decisions import Decision
from sensors.interventions import NotAllowedNowError, confirm, resend
from sensors.ledger import Ledger, UnknownActionError, open_ledger
from sensors.opening import LedgerUnusableError
from sensors.records import Delivery
from sensors.schema import REVISION, metadata
from sensors.states import TRANSITIONS, State
from tests.postgresql_server import PostgresqlServer
from tests.sensors.conftest import START, Clock

BOTH_DATABASES = True

LEASE = timedelta(minutes=5)
LANE = Head("email", False, 1)


def a_decision(action_id: str, suppressed_by: str | None = None) -> Decision:
    return Decision(
        action_id=action_id,
        decided_for=START.date(),
        account_id="acc",
        play_id="play",
        activity=None,
        mode=None,
        channel="email",
        recipient="ana@northwind-cs.io",
        recipient_name=None,
        reason="why",
        suppressed_by=suppressed_by,
        suppressed_reason=None,
        sla_due_at=None,
        template_id="play",
        is_immediate=False,
        priority=1,
        policy_valid_from=None,
        facts="{}",
    )


def enqueue(ledger: Ledger, *action_ids: str) -> int:
    return ledger.enqueue(
        [a_decision(name) for name in action_ids], snapshot_version="v", now=START, who="t"
    ).new


def take(ledger: Ledger, clock: Clock, worker: str = "w", limit: int = 1) -> list[Delivery]:
    return claim(ledger, LANE, limit=limit, destination="smtp", worker=worker, now=clock(), lease=LEASE)


def test_many_processes_can_open_a_new_ledger_at_once(url: str) -> None:
    code = f"from sensors.ledger import open_ledger; print(open_ledger({url!r}).by_state()['pending'])"
    openers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(6)]
    assert [opener.communicate(timeout=60)[0].strip() for opener in openers] == [b"0"] * 6


def test_the_migrations_make_the_tables_the_code_describes(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
            assert connection.execute(text("pragma synchronous")).scalar() == 2


def test_a_ledger_of_a_newer_tierline_is_not_touched(ledger: Ledger, url: str) -> None:
    with ledger.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(LedgerUnusableError, match="newer than this Tierline"):
        open_ledger(url)


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "postgresql+nodriver://u:hunter2@h/d"])
def test_a_url_that_can_not_work_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(LedgerUnusableError) as refused:
        open_ledger(url)
    assert "hunter2" not in str(refused.value)


def test_a_plain_postgresql_url_gets_the_installed_driver(postgresql: PostgresqlServer) -> None:
    ledger = open_ledger(postgresql.new_database().replace("postgresql+psycopg://", "postgresql://"))
    assert enqueue(ledger, "a") == 1
    ledger.close()


def test_history_can_only_be_added_to(ledger: Ledger) -> None:
    enqueue(ledger, "a")
    for change in ("update delivery_events set who = 'nobody'", "delete from delivery_events"):
        with pytest.raises(DatabaseError, match="append-only"), ledger.writing() as connection:
            connection.execute(text(change))
    assert len(ledger.history("a")) == 1


def test_the_queue_is_read_in_its_index_order_and_never_sorted(tmp_path: Path, clock: Clock) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    enqueue(ledger, "a", "b")
    asked: list[tuple[str, Any]] = []
    for engine in (ledger.database.readers, ledger.database.writers):
        event.listen(engine, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
    assert head(ledger, now=clock(), without={"slack"}) == LANE
    assert len(take(ledger, clock)) == 1
    queries = [
        (sql, values) for sql, values in asked if "is_immediate" in sql and not sql.startswith("INSERT")
    ]
    assert len(queries) == 2
    with ledger.reading() as connection:
        for sql, values in queries:
            plan = str(connection.exec_driver_sql(f"explain query plan {sql}", values).all())
            assert "deliveries_queue" in plan and "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("next_worker", ["another", "the same"])
def test_a_claim_that_was_lost_can_not_overwrite_what_happened_since(
    ledger: Ledger, clock: Clock, next_worker: str
) -> None:
    enqueue(ledger, "a")
    (slow,) = take(ledger, clock, "the same")
    clock.forward(minutes=6)
    (left,) = abandoned(ledger, now=clock())
    if next_worker == "another":
        # Given back, the attempt does not count, so both claims are the first attempt.
        release(ledger, [left], worker="recovery", now=clock(), why="unsent")
    else:
        settle(ledger, [Settlement(left, State.PENDING, "again")], worker="recovery", now=clock())
    (fresh,) = take(ledger, clock, next_worker)
    assert settle(ledger, [Settlement(slow, State.FAILED, "late")], worker="the same", now=clock()) == []
    assert settle(ledger, [Settlement(fresh, State.DELIVERED, "ok")], worker=next_worker, now=clock())
    assert ledger.get("a").state == "delivered"


def test_a_held_row_becomes_delivered_when_its_worker_turns_out_alive(ledger: Ledger, clock: Clock) -> None:
    enqueue(ledger, "a")
    (slow,) = take(ledger, clock, "slow")
    clock.forward(minutes=6)
    settle(ledger, [Settlement(slow, State.HELD, "doubt")], worker="other", now=clock())
    settle(ledger, [Settlement(slow, State.DELIVERED, "it was sent")], worker="slow", now=clock())
    assert ledger.get("a").state == "delivered"


def test_people_may_only_touch_what_waits_for_them(ledger: Ledger, clock: Clock) -> None:
    enqueue(ledger, "a")
    for act in (resend, confirm):
        with pytest.raises(NotAllowedNowError, match="is pending"):
            act(ledger, "a", now=clock(), who="ana", why="because")
        with pytest.raises(UnknownActionError):
            act(ledger, "nope", now=clock(), who="ana", why="because")


class LedgerMachine(RuleBasedStateMachine):
    """Random decisions, claims, settlements, crashes and people; a message counts as sent when it is settled
    as delivered, or when its worker dies after having sent it."""

    def __init__(self, url: str | None = None) -> None:
        super().__init__()
        self.url = url

    @initialize()
    def start(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.ledger = open_ledger(self.url or f"sqlite:///{self.folder.name}/ledger.db")
        self.known: set[str] = set()
        self.claimed: list[tuple[str, Delivery]] = []
        self.arrived: Counter[str] = Counter()

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @rule(names=st.sets(st.sampled_from("abcdef"), min_size=1))
    def decide(self, names: set[str]) -> None:
        assert enqueue(self.ledger, *sorted(names)) == len(names - self.known)
        self.known |= names

    @rule(worker=st.sampled_from(["w1", "w2"]), limit=st.integers(1, 3))
    def claim_some(self, worker: str, limit: int) -> None:
        rows = take(self.ledger, self.clock, worker, limit)
        busy = {row.action_id for _, row in self.claimed}
        assert not busy & {row.action_id for row in rows}, "a row was claimed by two"
        self.claimed += [(worker, row) for row in rows]

    @rule(
        outcome=st.sampled_from([State.DELIVERED, State.FAILED, State.DEAD, State.HELD]),
        pick=st.integers(0, 9),
    )
    def settle_one(self, outcome: State, pick: int) -> None:
        if self.claimed:
            worker, row = self.claimed.pop(pick % len(self.claimed))
            self.arrived[row.action_id] += outcome is State.DELIVERED
            again = self.clock() + timedelta(minutes=1) if outcome is State.FAILED else None
            settlement = Settlement(row, outcome, "said", next_attempt_at=again)
            assert settle(self.ledger, [settlement], worker=worker, now=self.clock()) == [settlement]

    @rule(pick=st.integers(0, 9))
    def give_back(self, pick: int) -> None:
        if self.claimed:
            worker, row = self.claimed.pop(pick % len(self.claimed))
            release(self.ledger, [row], worker=worker, now=self.clock(), why="unsent")

    @rule(worker=st.sampled_from(["w1", "w2"]), had_sent=st.booleans())
    def crash(self, worker: str, had_sent: bool) -> None:
        lost = [row for name, row in self.claimed if name == worker]
        self.claimed = [(name, row) for name, row in self.claimed if name != worker]
        for row in lost:
            self.arrived[row.action_id] += had_sent
        left = abandoned(self.ledger, now=self.clock(), dead={worker})
        assert {row.action_id for row in left} == {row.action_id for row in lost}
        held = [Settlement(row, State.HELD, "crashed") for row in left]
        assert settle(self.ledger, held, worker="recovery", now=self.clock()) == held

    @rule(name=st.sampled_from("abcdef"))
    def person(self, name: str) -> None:
        if name in self.known and self.ledger.get(name).state in {State.HELD, State.DEAD}:
            act = confirm if self.arrived[name] else resend
            if not (act is confirm and self.ledger.get(name).state == State.DEAD):
                act(self.ledger, name, now=self.clock(), who="ana", why="looked")

    @rule()
    def wait(self) -> None:
        self.clock.forward(seconds=61)
        # A lease that runs out is the crash rule's business.
        if self.claimed and self.clock() - START > LEASE:
            self.claimed = [
                (worker, row)
                for worker, row in self.claimed
                if (row.lease_expires_at or START) > self.clock()
            ]
            left = abandoned(self.ledger, now=self.clock())
            settle(
                self.ledger,
                [Settlement(r, State.HELD, "lease over") for r in left],
                worker="r",
                now=self.clock(),
            )

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert sum(self.ledger.by_state().values()) == len(self.known)
        for name in self.known:
            row, history = self.ledger.get(name), self.ledger.history(name)
            assert self.arrived[name] <= 1
            assert history[-1].to_state == row.state
            before: str | None = None
            for step in history:
                assert step.from_state == before
                assert State(step.to_state) in TRANSITIONS[None if before is None else State(before)]
                before = step.to_state
        waiting = head(self.ledger, now=self.clock() + timedelta(days=1))
        queued = self.ledger.by_state()["pending"] + self.ledger.by_state()["failed"]
        assert (waiting is None) == (queued == 0), "a queued row can't be reached"


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_state_machine_holds_on_postgresql_too(postgresql: PostgresqlServer) -> None:
    few = settings(
        max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(lambda: LedgerMachine(postgresql.new_database()), settings=few)
