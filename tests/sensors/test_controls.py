"""What people hold back, plan, try and drain, as they would at the command line."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sensors.channels.configuration import ChannelConfig, build_channels
from sensors.claims import Head, claim
from sensors.delivery import deliver, enqueue_decisions
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.published_stops import write_stops
from tests.sensors.receivers import http_receiver
from tests.sensors.terminal import Terminal
from warehouse.home import Home


@pytest.fixture
def terminal(home: Home) -> Terminal:
    return Terminal(home)


def _lines(path: Path) -> list[str]:
    return [json.loads(line)["action_id"] for line in path.read_text().splitlines()] if path.exists() else []


def test_what_is_held_back_stays_queued_with_its_reason_until_it_is_released(
    terminal: Terminal, publish: Publish, home: Home, ledger: Ledger
) -> None:
    """A play, an account and a channel, each before its decisions came; the rest goes out."""
    held = (
        ("play", "at_risk_review"), ("account", "acc-2"), ("channel", "slack"),
    )  # fmt: skip
    for scope, name in held:
        done = terminal("hold", scope, name, "--why", f"no {name}", "--by", "ana")
        assert done.returncode == 0, done.stderr
    publish([
        decision("by-play", "at_risk_review"),
        decision("by-account", account_id="acc-2"),
        decision("by-channel", "at_risk_alert"),
        decision("free"),
    ])  # fmt: skip
    said = terminal("deliver").stdout
    assert "play at_risk_review is held back by ana until released: no at_risk_review (1 queued)" in said
    assert "0 due now" in said
    assert ledger.by_state() | {"pending": 3, "delivered": 1} == ledger.by_state()
    assert _lines(home.outbox / "email.jsonl") == ["free"]

    assert terminal("release", "account", "acc-2", "--why", "calm", "--by", "bob").returncode == 0
    terminal("deliver")
    assert ledger.get("by-account").state == "delivered" and ledger.get("by-play").state == "pending"
    again = terminal("release", "account", "acc-2", "--why", "calm")
    assert again.returncode == 1 and "account acc-2 is not held back" in again.stderr
    with sqlite3.connect(home.ledger) as connection, pytest.raises(sqlite3.IntegrityError, match="append"):
        connection.execute("delete from holds")


def test_a_hold_ends_when_it_was_said_to_and_not_in_the_past(terminal: Terminal) -> None:
    over = terminal("hold", "play", "p", "--why", "x", "--until", "2020-01-01")
    assert over.returncode == 1 and "is over" in over.stderr
    odd = terminal("hold", "play", "p", "--why", "x", "--until", "tomorrow")
    assert odd.returncode == 1 and "no moment" in odd.stderr
    assert (
        "until 2999-01-01 00:00 UTC: x"
        in terminal("hold", "play", "p", "--why", "x", "--until", "2999-01-01").stdout
    )


def test_an_account_that_is_mistyped_is_not_held_but_named(terminal: Terminal, publish: Publish) -> None:
    with duckdb.connect(str(publish([]))) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_accounts as select 'acc_00976' as account_id")
    wrong = terminal("hold", "account", "acc_0976", "--why", "x")
    assert wrong.returncode == 1 and "no account 'acc_0976'; did you mean acc_00976?" in wrong.stderr
    assert "Nothing is held back" in terminal("holds").stdout
    assert terminal("hold", "account", "acc_00976", "--why", "x").returncode == 0
    for command in (("deliver", "--test"), ("plan", "--account")):
        wrong = terminal(*command, "acc_0976")
        assert wrong.returncode == 1 and "did you mean acc_00976?" in wrong.stderr, command
        assert terminal(*command, "acc_00976").returncode == 0, command


def test_a_plan_shows_the_messages_and_sends_just_these(
    terminal: Terminal, publish: Publish, home: Home, ledger: Ledger
) -> None:
    rows = [decision("a"), decision("waits", mode="assisted"), decision("stopped")]
    write_stops(publish(rows), [("stopped", "churned", "suppress", None, "The customer has left")])
    shown = terminal("plan")
    assert shown.returncode == 0, shown.stderr
    assert "Northwind Traders" in shown.stdout and "1 would be sent from" in shown.stdout
    assert "stopped would not leave: churned: The customer has left" in shown.stdout
    assert not _lines(home.outbox / "email.jsonl") and not sum(ledger.by_state().values())
    (saved,) = (home.outbox / "plans").glob("*.json")

    publish([*rows, decision("b")])
    changed = terminal("deliver", "--plan", saved.stem)
    assert changed.returncode == 1 and "is published now" in changed.stderr
    assert not _lines(home.outbox / "email.jsonl")

    for minutes in ("-3", "0", "nan"):
        refused = terminal("plan", f"--minutes={minutes}")
        assert refused.returncode == 2 and "more than 0" in refused.stderr
    over = terminal("plan", "--minutes", "0.001")
    plan_id = over.stdout.rpartition("--plan ")[2].split("`")[0]
    late = terminal("deliver", "--plan", plan_id)
    assert late.returncode == 1 and "was good until" in late.stderr
    terminal("plan")
    sent = terminal("deliver", "--plan", plan_id)
    assert sent.returncode == 0, sent.stderr
    assert sorted(_lines(home.outbox / "email.jsonl")) == ["a", "b", "stopped"]


def test_an_account_in_test_mode_is_rendered_and_never_delivered(
    terminal: Terminal, publish: Publish, home: Home, ledger: Ledger
) -> None:
    publish([decision("ours", account_id="acc-test"), decision("theirs")])
    tried = terminal("deliver", "--test", "acc-test")
    assert tried.returncode == 0 and "1 rendered for acc-test; sent to nobody" in tried.stdout, tried.stderr
    assert _lines(home.outbox / "test" / "email.jsonl") == ["ours"]
    assert not sum(ledger.by_state().values())

    terminal("deliver", TIERLINE_TEST_ACCOUNT="acc-test")
    row = ledger.get("ours")
    assert (row.state, row.suppressed_by, row.delivered_at) == ("suppressed", "test_mode", None)
    assert _lines(home.outbox / "email.jsonl") == ["theirs"]
    assert _lines(home.outbox / "test" / "email.jsonl") == ["ours"]


def test_draining_sends_what_is_queued_and_takes_nothing_new_in(
    terminal: Terminal, publish: Publish, home: Home, ledger: Ledger
) -> None:
    publish([decision("queued", account_id="acc-2")])
    terminal("hold", "account", "acc-2", "--why", "x", "--by", "ana")
    terminal("deliver")
    publish([decision("queued", account_id="acc-2"), decision("new")])
    stuck = terminal("drain", "--minutes", "0.001")
    assert stuck.returncode == 1 and "1 are still queued" in stuck.stdout
    assert "account acc-2 is held back by ana" in stuck.stdout
    terminal("release", "account", "acc-2", "--why", "x")
    drained = terminal("drain")
    assert drained.returncode == 0 and "The queue is empty" in drained.stdout, drained.stderr
    assert _lines(home.outbox / "email.jsonl") == ["queued"] and ledger.unknown(["new"]) == ["new"]


def test_draining_keeps_to_its_minutes_and_to_the_channel_s_rate(
    terminal: Terminal, publish: Publish, ledger: Ledger
) -> None:
    """Slack takes one a second: of ten, three seconds send some, and the rest waits in the queue."""
    rows = [decision(f"a{number}", "at_risk_alert", account_id="acc-2") for number in range(10)]
    with http_receiver() as slack:
        real = {"TIERLINE_SLACK_ENABLED": "true", "TIERLINE_SLACK_WEBHOOK_URL": f"{slack.url}/x"}
        publish(rows)
        terminal("hold", "account", "acc-2", "--why", "x")
        terminal("deliver", **real)
        terminal("release", "account", "acc-2", "--why", "x")
        stopped = terminal("drain", "--minutes", "0.05", **real)
    assert stopped.returncode == 1 and "still queued after 0.05 minutes" in stopped.stdout, stopped.stdout
    assert 2 <= len(slack.taken) <= 4
    assert ledger.by_state() | {"delivered": len(slack.taken), "pending": 10 - len(slack.taken)} == (
        ledger.by_state()
    )


def test_a_plan_names_what_this_installation_withholds(
    terminal: Terminal, publish: Publish, ledger: Ledger
) -> None:
    publish([decision("ours", account_id="acc-test"), decision("far")])
    mail = {
        "TIERLINE_EMAIL_ENABLED": "true",
        "TIERLINE_SMTP_HOST": "mail.example.com",
        "TIERLINE_SMTP_FROM": "cs@tierline.example",
        "TIERLINE_TEST_ACCOUNT": "acc-test",
    }
    said = terminal("plan", **mail).stdout
    assert "ours would not leave: test_mode" in said
    assert "far would not leave: not_allowed_here: ana.ruiz@northwind-cs.io is not in" in said
    assert "0 would be sent" in said
    tried = terminal("deliver", "--test", "acc-test", **mail)
    assert "1 rendered for acc-test" in tried.stdout, "trying shows what nobody would get"


def test_only_the_actions_of_a_plan_are_touched(
    publish: Publish, home: Home, ledger: Ledger, clock: Clock
) -> None:
    """Neither what fell due since, nor what another worker left, nor an approval that ran out."""
    later = clock() + timedelta(minutes=1)
    old = [decision("later", send_after_at=later), decision("left"), decision("asks", mode="assisted")]
    snapshot = publish([*old, decision("planned"), decision("unplanned")])
    channels = build_channels(ChannelConfig(), home.outbox, now=clock)
    enqueue_decisions(ledger, snapshot, now=clock, who="w", only=["later", "left", "asks"])
    lane = Head("email", is_immediate=False, priority=3)
    lease = timedelta(seconds=1)
    claim(ledger, lane, limit=1, destination="smtp", worker="gone", now=clock(), lease=lease)
    clock.forward(hours=1)
    report = deliver(ledger, snapshot, channels, now=clock, worker="w", only=["planned"])
    assert report.sent_now == {"email": 1} and report.recovered == {} and report.enqueued == 1
    assert ledger.get("later").state == "pending" and ledger.get("left").state == "sending"
    assert ledger.unknown(["unplanned"]) == ["unplanned"]
    deliver(ledger, snapshot, channels, now=clock, worker="w")
    assert ledger.get("unplanned").state == "delivered", "the version is still to be read whole"


def test_a_mistyped_hold_is_refused_with_what_there_is(terminal: Terminal, publish: Publish) -> None:
    with duckdb.connect(str(publish([]))) as connection:
        connection.execute("create schema policy")
        connection.execute("create table policy.plays as select 'at_risk_alert' as play_id")
    for scope, name, words in (
        ("channel", "mail", "the channels are slack, email"),
        ("channel", "crm", "salesforce, hubspot, gainsight or email"),
        ("play", "at_risk_alrt", "did you mean at_risk_alert?"),
    ):
        refused = terminal("hold", scope, name, "--why", "x")
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
    assert "Nothing is held back" in terminal("holds").stdout
    assert terminal("hold", "play", "at_risk_alert", "--why", "x").returncode == 0


def test_trying_an_account_again_shows_its_new_words(
    terminal: Terminal, publish: Publish, home: Home
) -> None:
    for name in ("Northwind", "Northwind", "Contoso"):
        publish([decision("ours", account_id="acc-test", facts={"account_name": name})])
        tried = terminal("deliver", "--test", "acc-test")
    assert "ours: test/email.jsonl:2" in tried.stdout
    old, new = (home.outbox / "test" / "email.jsonl").read_text().splitlines()
    assert "Northwind" in old and "Contoso" in new and "Northwind" not in new
