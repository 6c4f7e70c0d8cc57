"""The action ledger read into the warehouse, as the real ledger writes it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import select

from assets.sources.connector import Places
from assets.sources.ledger import CONNECTOR, LedgerSettings, LedgerUnreadableError
from sensors.bounces import take_in
from sensors.claims import Head, Settlement, claim, settle
from sensors.decisions import Decision
from sensors.knowledge import Candidate, approve, reject
from sensors.ledger import Ledger, open_ledger
from sensors.replies import note
from sensors.schema import deliveries
from sensors.states import State
from tests.postgresql_server import PostgresqlServer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Read:
    """A ledger and the warehouse it is read into."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, f"sqlite:///{folder / 'ledger.db'}"

    def load(self, url: str = "") -> dict[str, int]:
        """Rows loaded by table."""
        loads = CONNECTOR.load(
            self.folder / "w.duckdb",
            LedgerSettings(url=url or self.url, page_size=2),
            places=Places(self.folder / "state", self.folder / "quarantine"),
            now=NOW,
            tell=lambda words: None,
        )
        assert all(each.rows_quarantined == 0 for each in loads)
        return {each.table: each.rows_loaded for each in loads}

    def stored(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.folder / "w.duckdb")) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return Read(tmp_path)


def decide(ledger: Ledger, *action_ids: str, suppressed_by: str | None = None) -> None:
    decisions = [
        Decision(
            action_id=action_id,
            decided_for=NOW.date(),
            account_id="acc",
            play_id="play",
            activity="usage_nudge",
            mode="human",
            channel="email",
            recipient="ana@northwind-cs.io",
            recipient_name="Ana",
            reason="why",
            suppressed_by=suppressed_by,
            suppressed_reason=None,
            sla_due_at=NOW + timedelta(hours=24),
            template_id="play",
            is_immediate=False,
            priority=1,
            policy_valid_from=None,
            facts='{"score": 52.4}',
        )
        for action_id in action_ids
    ]
    ledger.enqueue(decisions, snapshot_version="v1", now=NOW, who="test")


def test_what_happened_since_is_read_and_nothing_else(read: Read) -> None:
    ledger = open_ledger(read.url)
    decide(ledger, "a", "b", "c")
    decide(ledger, "d", suppressed_by="holdout")
    assert read.load() == {
        "deliveries": 4,
        "delivery_events": 4,
        "knowledge_events": 0,
        "address_events": 0,
        "reply_events": 0,
    }
    assert read.load() == {
        "deliveries": 0,
        "delivery_events": 0,
        "knowledge_events": 0,
        "address_events": 0,
        "reply_events": 0,
    }

    later = NOW + timedelta(seconds=30)
    (sent, failed) = claim(
        ledger,
        Head("email", False, 1),
        limit=2,
        destination="smtp",
        worker="w",
        now=later,
        lease=timedelta(minutes=5),
    )
    settle(
        ledger,
        [
            Settlement(sent, State.DELIVERED, "250 accepted", destination_ref="<1@mail>"),
            Settlement(failed, State.FAILED, "451 try later", next_attempt_at=later),
        ],
        worker="w",
        now=later + timedelta(seconds=5),
    )
    assert read.load() == {
        "deliveries": 2,
        "delivery_events": 4,
        "knowledge_events": 0,
        "address_events": 0,
        "reply_events": 0,
    }
    ledger.close()

    # as the ledger holds them, and each as the last of its events says
    assert read.stored(
        "select action_id, state, attempts, decided_for::varchar from raw_ledger.deliveries order by 1"
    ) == [
        ("a", "delivered", 1, "2026-11-22"),
        ("b", "failed", 1, "2026-11-22"),
        ("c", "pending", 0, "2026-11-22"),
        ("d", "suppressed", 0, "2026-11-22"),
    ]
    assert read.stored(
        "select delivered_at - first_attempt_at, destination_ref from raw_ledger.deliveries where action_id = 'a'"
    ) == [(timedelta(seconds=5), "<1@mail>")]
    assert read.stored(
        "select count(*) from (select action_id, arg_max(to_state, event_id) as state from raw_ledger.delivery_events"
        " group by 1) join raw_ledger.deliveries using (action_id, state)"
    ) == [(4,)]
    assert read.stored("select count(*) from raw_ledger.deliveries where extra is not null") == [(0,)]


def test_what_people_said_of_knowledge_candidates_is_read_once_and_missing_in_older_ledgers(
    read: Read,
) -> None:
    ledger = open_ledger(read.url)
    candidate = Candidate("k1", "How?", "So.", (), 2, 2)
    approve(ledger, candidate, now=NOW, who="ana", answer="Like so.")
    reject(ledger, Candidate("k2", "Why?", "Because.", (), 1, 1), now=NOW, who="ben", why="no answer")
    assert read.load()["knowledge_events"] == 2 and read.load()["knowledge_events"] == 0
    assert read.stored(
        "select candidate_id, verdict, who, why, answer from raw_ledger.knowledge_events order by event_id"
    ) == [("k1", "approved", "ana", None, "Like so."), ("k2", "rejected", "ben", "no answer", None)]
    with ledger.writing() as connection:
        connection.exec_driver_sql("drop table knowledge_events")
    ledger.close()
    assert read.load()["knowledge_events"] == 0


def test_what_came_back_of_mail_is_read_once_and_missing_in_older_ledgers(read: Read) -> None:
    ledger = open_ledger(read.url)
    events = read.folder / "events"
    events.mkdir()
    (events / "1.jsonl").write_text(
        '{"event": "bounce", "email": "Kim@x.io", "status": "5.1.1", "reason": "no such user"}\n'
        '{"event": "unsubscribe", "email": "bo@x.io"}\n'
    )
    take_in(ledger, events, now=NOW, secret=None, who="mailbox")
    assert read.load()["address_events"] == 2 and read.load()["address_events"] == 0
    assert read.stored(
        "select email, kind, changed_at::varchar, detail, extra from raw_ledger.address_events order by event_id"
    ) == [
        ("kim@x.io", "hard_bounce", "2026-11-22 09:00:00", "5.1.1 no such user", None),
        ("bo@x.io", "unsubscribe", "2026-11-22 09:00:00", None, None),
    ]
    with ledger.writing() as connection:
        connection.exec_driver_sql("drop table address_events")
    ledger.close()
    assert read.load()["address_events"] == 0


def test_what_people_answered_is_read_once_and_missing_in_older_ledgers(read: Read) -> None:
    ledger = open_ledger(read.url)
    decide(ledger, "a")
    with ledger.writing() as connection:
        sent = connection.execute(select(deliveries)).mappings().one()
        for origin, at in (("1", NOW - timedelta(hours=3)), ("2", NOW)):
            note(connection, sent, "slack_reply", origin, author="U0ANA", at=at, now=NOW, who="slack")
    assert read.load()["reply_events"] == 2 and read.load()["reply_events"] == 0
    assert read.stored(
        "select action_id, kind, author, replied_at::varchar, changed_at::varchar, extra"
        " from raw_ledger.reply_events order by event_id"
    ) == [
        ("a", "slack_reply", "U0ANA", "2026-11-22 06:00:00", "2026-11-22 09:00:00", None),
        ("a", "slack_reply", "U0ANA", "2026-11-22 09:00:00", "2026-11-22 09:00:00", None),
    ]
    with ledger.writing() as connection:
        connection.exec_driver_sql("drop table reply_events")
    ledger.close()
    assert read.load()["reply_events"] == 0


def test_where_there_is_no_ledger_yet_nothing_is_read_and_none_is_made(read: Read) -> None:
    assert read.load() == {
        "deliveries": 0,
        "delivery_events": 0,
        "knowledge_events": 0,
        "address_events": 0,
        "reply_events": 0,
    }
    assert not (read.folder / "ledger.db").exists()
    # Nor was anything looked at.
    assert read.stored("select count(*) from raw_tierline.loads") == [(0,)]


def test_a_check_says_whether_there_is_a_ledger(read: Read) -> None:
    def states(url: str) -> list[tuple[str, str]]:
        return [(each.state, each.detail) for each in CONNECTOR.check(LedgerSettings(url=url))]

    ((state, detail),) = states(read.url)
    assert state == "left out" and f"there is no ledger at {read.url} yet" in detail
    ((state, detail),) = states(f"sqlite:///{read.folder / 'mistyped' / 'ledger.db'}")
    assert state == "FAILED" and "there is no folder" in detail
    open_ledger(read.url).close()
    assert states(read.url) == [("ok", "readable")]


def test_a_ledger_that_can_not_be_read_is_said_without_its_password(read: Read) -> None:
    with pytest.raises(LedgerUnreadableError, match="must look like"):
        read.load("no such thing")
    (read.folder / "other.db").touch()
    with pytest.raises(LedgerUnreadableError, match="has no table deliveries"):
        read.load(f"sqlite:///{read.folder / 'other.db'}")
    with pytest.raises(LedgerUnreadableError) as caught:
        read.load("postgresql+psycopg://user:s3cret@127.0.0.1:1/none")
    assert "s3cret" not in str(caught.value)


def test_a_ledger_on_postgresql_is_read_the_same_way(read: Read, postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    ledger = open_ledger(url)
    decide(ledger, "a", "b", "c")
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    assert read.load(plain)["deliveries"] == 3
    # Numbers of events are given out before they are committed: one with a lower number comes in late.
    with ledger.writing() as slow:
        slow.exec_driver_sql("select nextval('delivery_events_event_id_seq')")
        decide(ledger, "d")
        assert read.load(plain)["deliveries"] >= 1
        slow.exec_driver_sql(
            "insert into delivery_events (event_id, action_id, at, to_state, attempt, who)"
            " values (4, 'a', '2026-11-22 09:00:01', 'pending', 0, 'late')"
        )
    read.load(plain)
    ledger.close()
    assert read.stored("select event_id, action_id from raw_ledger.delivery_events order by 1") == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "a"),
        (5, "d"),
    ]
    assert read.stored("select action_id, state from raw_ledger.deliveries order by 1") == [
        (name, "pending") for name in "abcd"
    ]
