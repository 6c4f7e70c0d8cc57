"""`python -m sensors`, as a person would use it."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from sensors.claims import Head, Settlement, claim, settle
from sensors.delivery import enqueue_decisions
from sensors.ledger import open_ledger
from sensors.schema import State
from tests.sensors.conftest import START, Publish, decision
from warehouse.home import Home
from warehouse.snapshots import published_at

REPOSITORY = Path(__file__).parents[2]


class Terminal:
    def __init__(self, home: Home) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
        self.environment = kept | {"TIERLINE_HOME": str(home.root), "COLUMNS": "200"}

    def __call__(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "sensors", *words],
            cwd=REPOSITORY,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def terminal(home: Home) -> Terminal:
    return Terminal(home)


def test_from_delivering_to_repairing_a_dead_letter(terminal: Terminal, publish: Publish, url: str) -> None:
    publish([
        decision("good", facts={"account_name": "[red]Northwind[/red]"}),
        decision("bad", recipient=None),
        decision("quiet", suppressed_by="weekly_cap", suppressed_reason="two this week"),
    ])  # fmt: skip
    done = terminal("deliver")
    assert done.returncode == 0, done.stderr
    assert "3 new decisions (1 suppressed); delivered 1 by email" in done.stdout
    assert "the decision names no recipient" in done.stdout

    shown = terminal("show", "good").stdout
    assert (
        "good is delivered" in shown
        and "[red]Northwind[/red] is now declining" in shown
        and "email.jsonl:1" in shown
    )
    assert "weekly_cap: two this week" in terminal("show", "quiet").stdout

    again = terminal(
        "resend", "bad", "--why", "found her address", "--by", "ana", "--recipient", "new@northwind-cs.io"
    )
    assert again.returncode == 0, again.stderr
    assert "delivered 1 by email" in terminal("deliver").stdout
    story = terminal("show", "bad").stdout
    assert "found her address (to new@northwind-cs.io instead)" in story and "ana" in story
    assert open_ledger(url).get("bad").state == "delivered"
    assert "1 due now" not in terminal("status").stdout


def test_mistakes_end_with_a_reason_and_a_non_zero_code(terminal: Terminal, publish: Publish) -> None:
    unpublished = terminal("deliver")
    assert unpublished.returncode == 1 and "run `make run` first" in unpublished.stderr
    publish([decision("a")])
    terminal("deliver")
    for words, reason in (
        (("show", "nope"), "the ledger has no action 'nope'"),
        (("resend", "a", "--why", "x"), "action a is delivered"),
    ):
        answer = terminal(*words)
        assert answer.returncode == 1 and reason in answer.stderr and "Traceback" not in answer.stderr
    halfway = terminal("deliver", TIERLINE_SLACK_ENABLED="true")
    assert halfway.returncode == 1 and "set TIERLINE_SLACK_WEBHOOK_URL" in halfway.stderr
    wrong = terminal("status", TIERLINE_SMTP_PORT="mail")
    assert wrong.returncode == 1 and "TIERLINE_SMTP_PORT" in wrong.stderr


def test_status_says_how_soon_alerts_arrive_after_publishing(
    terminal: Terminal, publish: Publish, url: str
) -> None:
    for number in range(3):
        snapshot = publish([
            decision(f"alert-{number}", "critical_escalation", is_immediate=True),
            decision(f"late-{number}", "critical_escalation", is_immediate=True),
            decision(f"prompt-{number}", "expansion_prompt"),
        ])  # fmt: skip
        ledger = open_ledger(url)
        published = published_at(snapshot.stem)
        assert published is not None
        # Sooner or later for each snapshot, and what is no first alert does not count.
        moments = iter([published + timedelta(seconds=2 + number), published + timedelta(hours=1)])
        enqueue_decisions(ledger, snapshot, now=lambda: START, who="test")
        for name in (f"alert-{number}", f"late-{number}"):
            lane = Head("slack", True, 3)
            (row,) = claim(
                ledger,
                lane,
                limit=1,
                destination="slack_webhook",
                worker="w",
                now=START,
                lease=timedelta(minutes=5),
            )
            assert row.action_id == name
            settle(ledger, [Settlement(row, State.DELIVERED, "ok")], worker="w", now=next(moments))
        ledger.close()
    assert (
        "First alert 3.0 s after publishing (median), 4.0 s (p99), over 3 snapshots"
        in terminal("status").stdout
    )
