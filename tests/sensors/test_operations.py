"""Troubles are told once when they begin and once when they are over, to real destinations."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    EventRecordsFilter,
    SkipReason,
    asset,
    build_sensor_context,
    job,
    materialize,
    op,
)

from sensors.allow_list import AllowList, Reach
from sensors.channels.configuration import (
    ChannelConfig,
    EmailDestination,
    SlackDestination,
    WebhookDestination,
    build_channels,
)
from sensors.delivery import deliver
from sensors.environment import DeliveryEnvironment
from sensors.holds import hold
from sensors.interventions import NotAllowedNowError, confirm, resend
from sensors.ledger import Ledger
from sensors.operations import OperationsConfig, Told, open_troubles, watch
from sensors.operations_sensor import deliveries_check, operations_sensor
from sensors.reviews import reject
from sensors.schema import account_syncs
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import Answer, HttpReceiver, http_receiver, mail_receiver
from warehouse.home import Home

CHECKED = AssetKey(["published_snapshot"])
SECRET = "T000/B000/SeCrEtPath"


@pytest.fixture
def slack() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def config(slack: HttpReceiver) -> OperationsConfig:
    return OperationsConfig(slack=SlackDestination(f"{slack.url}/{SECRET}"))


@pytest.fixture
def look(ledger: Ledger, home: Home, clock: Clock, config: OperationsConfig) -> Any:
    def look(**given: Any) -> list[tuple[str, str]]:
        told: list[Told] = watch(ledger, given.pop("config", config), home.outbox, now=clock(), **given)
        return [(each.trouble, each.verdict) for each in told]

    return look


@pytest.fixture
def send(ledger: Ledger, home: Home, clock: Clock, publish: Publish) -> Any:
    def send(rows: list[dict[str, Any]], **config: Any) -> None:
        channels = build_channels(ChannelConfig(**config), home.outbox, now=clock)
        deliver(ledger, publish(rows), channels, now=clock, worker="w", sleep=clock.sleep)

    return send


def test_a_dead_letter_is_told_once_and_once_that_it_is_over(
    look: Any, send: Any, ledger: Ledger, clock: Clock, slack: HttpReceiver
) -> None:
    send([decision("a", recipient=None)])
    assert look() == [("dead/email/2026-11-22", "opened")]
    assert look() == []
    (request,) = slack.taken
    assert "1 by email will not be sent" in request.json["text"]

    clock.forward(days=1)
    send([decision("a", recipient=None), decision("b", recipient=None)])
    assert look() == [("dead/email/2026-11-23", "opened")], "new dead letters are told though old ones stand"
    resend(ledger, "a", now=clock(), who="ana", why="x", recipient="ana@northwind-cs.io")
    send([])
    assert look() == [("dead/email/2026-11-22", "closed")]
    assert [each.json["text"].split()[0] for each in slack.taken] == ["Trouble", "Trouble", "Over"]


def test_dead_letters_that_grow_are_told_again_each_time_they_are_ten_times_as_many(
    look: Any, send: Any, slack: HttpReceiver, clock: Clock
) -> None:
    key = "dead/email/2026-11-22"
    rows = [decision(f"d-{number:03}", recipient=None) for number in range(130)]
    for count, told in ((2, [(key, "opened")]), (19, []), (20, [(key, "opened")]), (130, []), (130, [])):
        send(rows[:count])
        assert look() == told, count
    assert [each.json["text"].split(": ")[1].split()[0] for each in slack.taken] == ["2", "20"]
    clock.forward(days=1)
    send([*rows, *(decision(f"e-{number}", recipient=None) for number in range(3))])
    assert look() == [("dead/email/2026-11-23", "opened")]


def test_what_the_allow_list_kept_back_is_told_and_can_be_resent(
    look: Any, send: Any, ledger: Ledger, clock: Clock
) -> None:
    with mail_receiver() as relay:
        mail = EmailDestination("127.0.0.1", "cs@tierline.example", port=relay.port, starttls=False)
        send([decision("a"), decision("b", suppressed_by="cap")], email=mail, allowed=AllowList(Reach.LISTED))
        assert ledger.get("a").suppressed_by == "not_allowed_here"
        assert look() == [("withheld/email", "opened")]
        with pytest.raises(NotAllowedNowError, match="suppressed by cap"):
            resend(ledger, "b", now=clock(), who="ana", why="x")
        resend(ledger, "a", now=clock(), who="ana", why="the list was short")
        send([], email=mail)
        assert len(relay.mails) == 1
    row = ledger.get("a")
    assert (row.state, row.suppressed_by) == ("delivered", None)
    assert look() == [("withheld/email", "closed")]


def test_who_writes_a_dead_letter_or_a_doubt_off_ends_its_trouble(
    look: Any, send: Any, ledger: Ledger, clock: Clock
) -> None:
    send([decision("a", recipient=None)])
    look()
    reject(ledger, "a", now=clock(), who="ana", why="she left")
    row = ledger.get("a")
    assert (row.state, row.suppressed_by) == ("suppressed", "written_off")
    assert row.suppressed_reason == "ana wrote it off: she left"
    assert look() == [("dead/email/2026-11-22", "closed")]
    with pytest.raises(NotAllowedNowError):
        resend(ledger, "a", now=clock(), who="ana", why="x")


def test_scores_that_fail_are_a_trouble_until_they_are_taken(look: Any, ledger: Ledger) -> None:
    failing = {"system": "hubspot", "account_id": "acc-1", "external_id": "7", "last_error": "503"}
    with ledger.writing() as connection:
        connection.execute(account_syncs.insert().values(**failing))
    assert look() == [("scores/hubspot", "opened")]
    with ledger.writing() as connection:
        connection.execute(account_syncs.update().values(last_error=None))
    assert look() == [("scores/hubspot", "closed")]


def test_operators_are_reached_only_where_the_allow_list_has_them(
    send: Any, ledger: Ledger, home: Home, clock: Clock
) -> None:
    """Mail is never excused by a relay on this machine; what may not leave stands in the file, once."""
    send([decision("a", recipient=None)])
    with mail_receiver() as relay:
        given = {
            "smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_starttls": False,
            "smtp_from": "cs@tierline.io", "operations_email": "ops@ours.io",
        }  # fmt: skip
        closed = DeliveryEnvironment(**given).operations()
        assert len(watch(ledger, closed, home.outbox, now=clock())) == 1
        assert watch(ledger, closed, home.outbox, now=clock()) == [] and not relay.mails
        listed = DeliveryEnvironment(**given, allowed_recipients="@ours.io").operations()
        reject(ledger, "a", now=clock(), who="ana", why="x")
        watch(ledger, listed, home.outbox, now=clock())
        assert [mail["To"] for mail in relay.mails] == ["ops@ours.io"]
    assert len((home.outbox / "operations.jsonl").read_text().splitlines()) == 2


def test_a_channel_that_takes_nothing_is_one_trouble_until_it_takes_something(
    look: Any, send: Any, ledger: Ledger, clock: Clock
) -> None:
    """Between two rests it is tried again, and fails again: that is no end and no new beginning."""
    with http_receiver() as receiver:
        receiver.script = lambda number, request: Answer(
            status=503, headers={"Retry-After": "60"}, effect=False
        )
        hook = WebhookDestination(f"{receiver.url}/hook", secret="s" * 20, allow_private=True)
        rows = [decision("a", "expansion_prompt")]
        send(rows, webhook=hook)
        assert look() == [("rest/webhook", "opened")]
        clock.forward(seconds=70)
        assert look() == []
        send(rows, webhook=hook)
        assert look() == []
        receiver.script = lambda number, request: Answer()
        clock.forward(hours=1)
        send(rows, webhook=hook)
        assert ledger.get("a").state == "delivered" and look() == [("rest/webhook", "closed")]


def test_a_backlog_and_a_doubt_are_told_but_not_what_people_hold_back(
    look: Any, send: Any, ledger: Ledger, clock: Clock, config: OperationsConfig
) -> None:
    hold(ledger, "account", "acc-2", now=clock(), who="ana", why="x", until=None)
    rows = [decision("held-back", account_id="acc-2"), decision("doubtful", "at_risk_alert")]
    with http_receiver() as receiver:
        receiver.script = lambda number, request: Answer(status=0)
        send(rows, slack=SlackDestination(f"{receiver.url}/x"))
    assert ledger.get("doubtful").state == "held"
    assert look() == [("held/slack/2026-11-22", "opened")]
    confirm(ledger, "doubtful", now=clock(), who="ana", why="seen")
    clock.forward(hours=2)
    assert look() == [("held/slack/2026-11-22", "closed")]
    hold(ledger, "account", "acc-2", now=clock(), who="ana", why="x", until=clock() + timedelta(minutes=1))
    clock.forward(minutes=2)
    assert look(config=replace(config, backlog_after=timedelta(hours=3))) == []
    assert look() == [("backlog", "opened")]


def test_a_way_that_fails_hears_of_it_later_and_no_other_hears_twice(
    look: Any,
    send: Any,
    home: Home,
    ledger: Ledger,
    config: OperationsConfig,
    *,
    clock: Clock,
    slack: HttpReceiver,
    caplog: Any,
) -> None:
    slack.script = lambda number, request: (
        Answer(status=503, body=f"no such {request.path}", effect=False) if number == 0 else Answer()
    )
    send([decision("a", recipient=None)])
    with mail_receiver() as relay:
        mail = EmailDestination("127.0.0.1", "cs@tierline.io", port=relay.port, starttls=False)
        both = replace(config, email=mail, email_to="ops@ours.io")
        assert look(config=both) == [("dead/email/2026-11-22", "opened"), ("untold/slack", "opened")]
        assert "could not be told by slack" in caplog.text and SECRET not in caplog.text
        assert SECRET not in open_troubles(ledger)["untold/slack"]
        look(config=both)
        assert look(config=both) == [] and slack.taken == [], "it is not asked again every half minute"
        clock.forward(minutes=11)
        assert look(config=both) == [("dead/email/2026-11-22", "opened")] and len(slack.taken) == 1
        assert look(config=both) == [("untold/slack", "closed")]
        assert look(config=both) == [] and len(relay.mails) == 3 and len(slack.taken) == 1
    lines = (home.outbox / "operations.jsonl").read_text().splitlines()
    assert [json.loads(line)["message"]["subject"] for line in lines] == [
        "Tierline: trouble (dead/email/2026-11-22)",
        "Tierline: trouble (untold/slack)",
        "Tierline: over (untold/slack)",
    ]


def test_troubles_can_be_told_by_mail(send: Any, ledger: Ledger, home: Home, clock: Clock) -> None:
    send([decision("a", recipient=None)])
    with mail_receiver() as relay:
        mail = EmailDestination("127.0.0.1", "cs@tierline.example", port=relay.port, starttls=False)
        config = OperationsConfig(email=mail, email_to="ops@ours-cs.io")
        assert watch(ledger, config, home.outbox, now=clock())
        assert [str(each["To"]) for each in relay.mails] == ["ops@ours-cs.io"]
        assert "dead/email" in str(relay.mails[0]["Subject"])


def test_a_failed_run_is_told_until_the_next_one_succeeds(
    url: str, home: Home, config: OperationsConfig, slack: HttpReceiver, tmp_path: Path
) -> None:
    fails = [True]

    @op
    def step() -> None:
        if fails[0]:
            raise RuntimeError(f"token {SECRET} is wrong")

    @job
    def nightly() -> None:
        step()

    (tmp_path / "dagster").mkdir()
    watcher = operations_sensor(
        home=home, ledger_url=url, config=config, checked=CHECKED, now=lambda: datetime.now(UTC)
    )
    with DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        nightly.execute_in_process(instance=instance, raise_on_error=False)
        said = watcher(build_sensor_context(instance=instance))
        assert isinstance(said, SkipReason) and "1 told now; 1 open: run/nightly" in str(said.skip_message)
        assert SECRET not in slack.taken[0].body.decode()
        (record,) = instance.get_event_records(EventRecordsFilter(DagsterEventType.ASSET_CHECK_EVALUATION))
        assert record.event_log_entry.dagster_event.asset_check_evaluation_data.check_name == "deliveries"  # type: ignore[union-attr]
        fails[0] = False
        nightly.execute_in_process(instance=instance)
        said = watcher(build_sensor_context(instance=instance))
        assert isinstance(said, SkipReason) and "1 told now; 0 open" in str(said.skip_message)
    assert "Over (run/nightly)" in slack.taken[-1].json["text"] and len(slack.taken) == 2


def test_the_check_on_the_snapshot_counts_and_names_troubles(send: Any, ledger: Ledger, url: str) -> None:
    @asset(key=CHECKED)
    def published() -> None: ...

    check = deliveries_check(ledger_url=url, config=OperationsConfig(), checked=CHECKED, pool="warehouse")

    def evaluate() -> Any:
        with DagsterInstance.ephemeral() as instance:
            (evaluation,) = materialize([published, check], instance=instance).get_asset_check_evaluations()
        return evaluation

    assert evaluate().passed
    send([decision("a", recipient=None), decision("b")])
    found = evaluate()
    assert not found.passed and found.metadata["ledger: dead"].value == 1
    assert found.metadata["ledger: delivered"].value == 1
    assert any(name.startswith("trouble: dead/email") for name in found.metadata)
