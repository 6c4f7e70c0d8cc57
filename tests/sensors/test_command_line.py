"""`python -m sensors`, as a person would use it."""

from datetime import timedelta
from pathlib import Path

import pytest

from sensors.claims import Head, Settlement, claim, settle
from sensors.delivery import enqueue_decisions
from sensors.ledger import open_ledger
from sensors.states import State
from tests.sensors.conftest import START, Publish, decision
from tests.sensors.terminal import Terminal
from warehouse.home import Home
from warehouse.snapshots import published_at


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


def test_an_action_is_known_by_the_beginning_of_its_id_when_no_other_begins_so(
    terminal: Terminal, publish: Publish, url: str
) -> None:
    ids = ("607978bbb8c9aa", "607978bbb8c9ab", "607f", "60")
    publish([decision(name, mode="assisted") for name in ids])
    terminal("deliver")
    assert "607978bbb8c9aa is awaiting" in terminal("show", "607978bbb8c9aa").stdout
    assert terminal("approve", "607f", "--by", "ana").returncode == 0
    assert "60 is awaiting" in terminal("show", "60").stdout  # its whole id, though others begin so
    twice = terminal("reject", "607978", "--why", "x")
    assert twice.returncode == 1 and "several actions begin with '607978'" in twice.stderr
    assert terminal("reject", "607978bbb8c9a", "--why", "x").returncode == 1
    assert terminal("reject", "607978bbb8c9aa", "--why", " ").returncode == 2
    assert terminal("edit", "607978bbb8c9ab", "--ask", "Call Ben.").returncode == 0
    unread = terminal("edit", "607978bbb8c9ab", "--ask", "@/nowhere")
    assert unread.returncode == 1 and "the words in /nowhere can't be read" in unread.stderr
    assert "Traceback" not in unread.stderr
    assert terminal("show", "").returncode == 1 and terminal("show", "%").returncode == 1
    ledger = open_ledger(url)
    assert {name: ledger.get(name).state for name in ids} == {
        "607978bbb8c9aa": "awaiting_approval", "607978bbb8c9ab": "awaiting_approval",
        "607f": "pending", "60": "awaiting_approval",
    }  # fmt: skip
    ledger.close()


def test_what_a_program_reads_is_never_wrapped(terminal: Terminal, publish: Publish) -> None:
    name = "0123456789abcdef" * 4
    publish([decision(name, mode="assisted"), decision("b", recipient=None, reason="why " * 60)])
    terminal("deliver")
    for command in ("status", "review"):
        said = terminal(command, COLUMNS="60").stdout
        assert name in said, said
    assert "the decision names no recipient" in terminal("status", COLUMNS="60").stdout


def test_of_a_mistyped_home_nothing_is_told_and_nothing_made(terminal: Terminal, tmp_path: Path) -> None:
    typo = tmp_path / "hoem"
    for words in (
        ("status",), ("show", "a"), ("review",), ("holds",), ("operations",), ("drain",),
        ("optout", "kim@northwind.io", "--why", "x"), ("reject", "a", "--why", "x"),
    ):  # fmt: skip
        answer = terminal(*words, TIERLINE_HOME=str(typo))
        assert answer.returncode == 1 and f"no ledger at sqlite:///{typo}/ledger.db" in answer.stderr, words
    for words in (
        ("plan",),
        ("knowledge",),
        ("knowledge", "export"),
        ("deliver",),
        ("deliver", "--test", "acc-1"),
    ):
        answer = terminal(*words, TIERLINE_HOME=str(typo))
        assert answer.returncode == 1 and f"nothing is published under {typo}" in answer.stderr, words
    answer = terminal("preview", TIERLINE_HOME=str(typo))
    assert answer.returncode == 1 and f"there is no folder {typo}" in answer.stderr
    assert not typo.exists()


def test_a_preview_needs_no_ledger_and_makes_none(terminal: Terminal, home: Home, tmp_path: Path) -> None:
    assert terminal("preview", "--play", "usage_nudge").returncode == 0
    shown = terminal("preview", "--out", str(tmp_path / "out"), TIERLINE_HOME=str(tmp_path / "hoem"))
    assert shown.returncode == 0 and (tmp_path / "out" / "index.html").exists()
    assert not home.ledger.exists() and not (tmp_path / "hoem").exists()


@pytest.mark.parametrize("command", [("bounces",), ("work",), ("status",), ("deliver",), ("plan",)])
def test_a_home_that_is_no_folder_gets_one_clear_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    for home in (file, file / "x"):
        asked = Terminal(Home(home))(*command)
        assert asked.returncode == 1 and asked.stderr.count("\n") == 1 and str(home) in asked.stderr
