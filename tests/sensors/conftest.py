"""A published snapshot with decisions as the models write them, a ledger, and a clock that can be set."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sensors.ledger import Ledger, open_ledger
from tests.postgresql_server import PostgresqlServer
from warehouse.home import Home

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

FACTS: dict[str, Any] = {
    "account_name": "Northwind Traders",
    "segment": "mid_market",
    "plan": "pro",
    "arr": 48000,
    "currency": "USD",
    "renewal_on": "2027-01-15",
    "days_to_renewal": 54,
    "csm_name": "Ana Ruiz",
    "csm_email": "ana.ruiz@northwind-cs.io",
    "csm_slack_id": "U0ANARUIZ",
    "score": 52.36,
    "tier": "declining",
    "previous_tier": "at_risk",
    "score_change_7d": -12.4,
    "change_reason": "behaviour: adoption -21.5",
    "biggest_drag": "adoption",
    "recency_score": 81.0,
    "adoption_score": 31.2,
    "support_score": 66.0,
    "nps_score": None,
    "coverage": 0.85,
    "days_since_activity": 3,
    "active_channels": "api, ui",
    "features_used": 3,
    "features_available": 9,
    "recent_tickets": 4,
    "recent_escalated_tickets": 1,
    "sla_hours": 24,
    "episode_started_on": "2026-11-20",
}

_TABLE = """
create schema if not exists actions;
create or replace table actions.fct_action_decisions (
    action_id varchar, decided_for date, account_id varchar, play_id varchar, activity varchar, mode varchar,
    channel varchar, recipient varchar, recipient_name varchar, reason varchar, suppressed_by varchar,
    suppressed_reason varchar, sla_due_at timestamp, template_id varchar, is_immediate boolean,
    priority integer, policy_valid_from date, facts json, send_after_at timestamp, expires_at timestamp,
    send_until_at timestamp,
    message_kind varchar
)
"""


def decision(action_id: str, play: str = "declining_outreach", **changes: Any) -> dict[str, Any]:
    """One decision; `facts` given here are laid over `FACTS`."""
    channels = {
        "expansion_prompt": ("webhook", "acc-1"),
        "at_risk_alert": ("slack", "U0ANARUIZ"),
        "at_risk_review": ("email", "ana.ruiz@northwind-cs.io"),
        "declining_outreach": ("email", "ana.ruiz@northwind-cs.io"),
        "critical_escalation": ("slack", "U0ANARUIZ"),
        "immediate_routing": ("slack", "#cs-alerts"),
    }
    channel, recipient = channels.get(play, ("email", "ana.ruiz@northwind-cs.io"))
    row: dict[str, Any] = {
        "action_id": action_id,
        "decided_for": date(2026, 11, 21),
        "account_id": "acc-1",
        "play_id": play,
        "activity": "churn_risk_intervention",
        "mode": "human",
        "channel": channel,
        "recipient": recipient,
        "recipient_name": "Ana Ruiz",
        "reason": "The health score fell below 60",
        "suppressed_by": None,
        "suppressed_reason": None,
        "sla_due_at": "2026-11-23 09:00:00",
        "template_id": play,
        "is_immediate": False,
        "priority": 3,
        "policy_valid_from": date(2025, 1, 1),
        "facts": {},
        "send_after_at": None,
        "expires_at": None,
        "send_until_at": None,
        "message_kind": None,
    }
    row |= changes
    if isinstance(row["facts"], dict):
        row["facts"] = json.dumps(FACTS | row["facts"])
    return row


@dataclass
class Clock:
    """The time that tests pass in."""

    at: datetime = START
    naps: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.forward(seconds=seconds)


Publish = Callable[[Sequence[dict[str, Any]]], Path]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def publish(home: Home) -> Publish:
    """Publish a snapshot with these decisions; each call makes a new version and points to it."""
    versions = iter(range(1, 1000))

    def publish(rows: Sequence[dict[str, Any]]) -> Path:
        version = f"2026-11-22T0900{next(versions):02d}.000000Z-as-of-2026-11-21"
        path = home.published / f"{version}.duckdb"
        write_decisions(path, rows)
        home.pointer.unlink(missing_ok=True)
        home.pointer.symlink_to(path.name)
        return path

    return publish


def write_decisions(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """A snapshot with just the decisions."""
    lines = path.with_suffix(".rows.jsonl")
    lines.write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))
    with duckdb.connect(str(path)) as connection:
        connection.execute(_TABLE)
        if rows:
            types = connection.execute("describe actions.fct_action_decisions").fetchall()
            columns = ", ".join(f"{name}: 'varchar'" for name, *_ in types)
            casts = ", ".join(f"cast({name} as {kind})" for name, kind, *_ in types)
            connection.execute(
                f"insert into actions.fct_action_decisions select {casts}"
                f" from read_json(?, format='nd', columns={{{columns}}})",
                [str(lines)],
            )
    lines.unlink()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Modules that say `BOTH_DATABASES = True` run their tests of a ledger on PostgreSQL, too."""
    if "database" in metafunc.fixturenames and getattr(metafunc.module, "BOTH_DATABASES", False):
        metafunc.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def url(home: Home, database: str, request: pytest.FixtureRequest) -> str:
    """A new ledger's address."""
    if database == "sqlite":
        return f"sqlite:///{home.ledger}"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    opened = open_ledger(url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()
