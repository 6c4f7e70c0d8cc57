"""Workers killed with SIGKILL at random moments, many times, against real local destinations with faults."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sensors.ledger import open_ledger
from sensors.states import TRANSITIONS, State
from tests.sensors.conftest import Publish, decision
from tests.sensors.receivers import Answer, Request, http_receiver, mail_receiver
from tests.sensors.vendor_destinations import (
    EXTERNAL_ID,
    NOBODY_CAN_ASK,
    TEXT_FIELD,
    vendor_arrivals,
    vendor_decisions,
    vendor_order,
    vendor_server,
)
from warehouse.home import Home

BOTH_DATABASES = True

REPOSITORY = Path(__file__).parents[2]
EACH = 120


def crash(given: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sensors.crashing_worker", json.dumps(given)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def decisions() -> list[dict[str, Any]]:
    return [
        decision(f"{play[:4]}-{number:03}", play, is_immediate=number % 7 == 0)
        for play in ("expansion_prompt", "at_risk_alert", "declining_outreach")
        for number in range(EACH)
    ]


def faulty(number: int, _request: Request) -> Answer:
    """Now and then a fault: silence before the effect, silence after it, a 500 after it, a reset after it."""
    faults = {5: Answer(0, effect=False), 11: Answer(0), 17: Answer(500), 20: Answer(0, reset=True)}
    return faults.get(number % 23, Answer())


def states_of(url: str) -> dict[str, str]:
    ledger = open_ledger(url)
    states = {row["action_id"]: ledger.get(row["action_id"]).state for row in decisions()}
    for row in decisions():
        history = ledger.history(row["action_id"])
        assert history[0].from_state is None
        for event, following in pairwise(history):
            assert event.to_state == following.from_state
            assert State(following.to_state) in TRANSITIONS[State(event.to_state)]
        assert [event.to_state for event in history].count("delivered") <= 1
    ledger.close()
    return states


def test_nothing_is_lost_or_doubled_where_the_destination_can_tell_and_the_rest_is_held(
    home: Home, url: str, publish: Publish
) -> None:
    with http_receiver() as hook, http_receiver() as slack:
        hook.script = slack.script = faulty
        result = crash({
            "url": url, "snapshot": str(publish(decisions())), "outbox": str(home.outbox), "seed": 1,
            "slack": slack.url, "webhook": hook.url, "smtp_port": None, "rounds": 20, "longest_seconds": 0.35, "workers": 2,
        })  # fmt: skip
    assert result["killed"] >= 10
    states = states_of(url)

    prompts = [name for name in states if name.startswith("expa")]
    assert {request.headers["Idempotency-Key"] for request in hook.taken} == set(prompts)
    assert all(states[name] == "delivered" for name in prompts)

    # E-mail goes to the sink here: a look-up makes it exact.
    lines = [json.loads(line)["action_id"] for line in (home.outbox / "email.jsonl").read_text().splitlines()]
    mails = [name for name in states if name.startswith("decl")]
    assert sorted(lines) == sorted(mails) and all(states[name] == "delivered" for name in mails)

    arrived = Counter(
        next(n for n in states if f"action {n}".encode() in request.body) for request in slack.taken
    )
    assert_once_or_held({name: states[name] for name in states if name.startswith("at_r")}, arrived)


def test_no_mail_is_sent_twice_and_the_doubtful_ones_are_held(home: Home, url: str, publish: Publish) -> None:
    with mail_receiver() as relay:
        relay.answer = lambda number: {5: "451 later", 11: None}.get(number % 23, "250 taken")
        result = crash({
            "url": url, "snapshot": str(publish(decisions())), "outbox": str(home.outbox), "seed": 3,
            "slack": None, "webhook": None, "smtp_port": relay.port, "rounds": 15, "longest_seconds": 0.5,
        })  # fmt: skip
    assert result["killed"] >= 5
    states = states_of(url)
    arrived: Counter[str] = Counter()
    for mail in relay.mails:
        text = mail.get_body(("plain",))
        assert text is not None
        arrived[text.get_content().rsplit("Tierline action ", 1)[1].strip()] += 1
    assert_once_or_held({name: states[name] for name in states if name.startswith("decl")}, arrived)
    for channel in ("slack", "webhook"):
        lines = [
            json.loads(line)["action_id"]
            for line in (home.outbox / f"{channel}.jsonl").read_text().splitlines()
        ]
        assert len(lines) == len(set(lines)) == EACH


@pytest.mark.slow
@pytest.mark.parametrize("task_field", [TEXT_FIELD, EXTERNAL_ID])
def test_vendors_that_can_be_asked_get_each_message_once_and_the_others_at_most_once(
    home: Home, url: str, publish: Publish, tmp_path: Path, task_field: str
) -> None:
    with vendor_server(tmp_path / "usage", seed=5, share=0.03) as server:
        rows = vendor_decisions(server, 25)
        result = crash({
            "url": url, "snapshot": str(publish(rows)), "outbox": str(home.outbox), "seed": 5,
            **vendor_order(server, task_field=task_field), "rounds": 20, "longest_seconds": 0.8, "workers": 2,
        })  # fmt: skip
        arrived = vendor_arrivals(server, [row["action_id"] for row in rows])
    assert result["killed"] >= 6
    with closing(open_ledger(url)) as ledger:
        states = {row["action_id"]: ledger.get(row["action_id"]).state for row in rows}
    channels = {row["action_id"]: row["channel"] for row in rows}
    asked = {action_id for action_id, channel in channels.items() if channel not in NOBODY_CAN_ASK}
    assert {states[action_id] for action_id in asked} == {"delivered"}
    assert {action_id: arrived[action_id] for action_id in asked} == dict.fromkeys(asked, 1)
    for action_id in channels.keys() - asked:
        least = states[action_id] == "delivered"
        assert states[action_id] in {"delivered", "held"} and least <= arrived[action_id] <= 1


def assert_once_or_held(states: dict[str, str], arrived: Counter[str]) -> None:
    assert len(states) == EACH and set(states.values()) <= {"delivered", "held"}
    for name, state in states.items():
        assert arrived[name] == 1 if state == "delivered" else arrived[name] <= 1, (
            name,
            state,
            arrived[name],
        )
    # Holding is the exception: what was certainly not sent goes on by itself.
    assert Counter(states.values())["delivered"] > EACH / 2


def test_two_workers_at_once_share_the_work_and_never_a_row(home: Home, url: str, publish: Publish) -> None:
    snapshot = publish(decisions())
    with http_receiver() as hook, http_receiver() as slack:
        given = {
            "url": url, "snapshot": str(snapshot), "outbox": str(home.outbox), "seed": 0,
            "slack": slack.url, "webhook": hook.url, "smtp_port": None, "rounds": 0, "longest_seconds": 0,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.sensors.crashing_worker", json.dumps(given)]
        workers = [subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) for _ in range(3)]
        assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert set(states_of(url).values()) == {"delivered"}
    assert len(hook.seen) == len(slack.seen) == EACH
    assert len((home.outbox / "email.jsonl").read_text().splitlines()) == EACH
    ledger = open_ledger(url)
    sent_by = {ledger.history(row["action_id"])[1].who for row in decisions()}
    assert len(sent_by) > 1, "the workers did not overlap; the test shows nothing"
    ledger.close()
