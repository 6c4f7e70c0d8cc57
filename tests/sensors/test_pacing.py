"""Rates, rests and urgency: when a message may leave, seen from a channel that notes when it did."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sensors.channels.channel import (
    DestinationUnavailableError,
    Message,
    MessageKind,
    Outcome,
    Receipt,
    one_by_one,
)
from sensors.channels.configuration import ChannelConfig
from sensors.delivery import DeliveryReport, deliver, enqueue_decisions
from sensors.environment import DeliveryEnvironment
from sensors.ledger import Ledger
from sensors.pacing import Pacing
from sensors.rates import book
from sensors.working import AlertWorker
from tests.sensors.conftest import START, Clock, Publish, decision
from warehouse.home import Home

BOTH_DATABASES = True


class Noting:
    """Takes messages, or not; notes each with the seconds since the start."""

    destination = "webhook"
    batch_size = 20
    seconds_per_message = 1.0

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_down = False
        self.is_down_for_all = False
        self.taken: list[tuple[str, float]] = []
        self.on_send: Callable[[str], None] = lambda action_id: None

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        return one_by_one(self._send, messages)

    def _send(self, message: Message) -> Receipt:
        self.taken.append((message.action_id, (self.clock() - START).total_seconds()))
        self.on_send(message.action_id)
        if self.is_down or self.is_down_for_all:
            raise DestinationUnavailableError("down", is_channel_wide=self.is_down_for_all)
        return Receipt()

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return {}

    def close(self) -> None:
        pass


@pytest.fixture
def channel(clock: Clock) -> Noting:
    return Noting(clock)


@pytest.fixture
def run(ledger: Ledger, clock: Clock, channel: Noting) -> Callable[..., DeliveryReport]:
    def run(snapshot: Path | None, **options: Any) -> DeliveryReport:
        return deliver(
            ledger, snapshot, {"webhook": channel}, now=clock, worker="test", sleep=clock.sleep, **options
        )

    return run


def prompts(count: int) -> list[dict[str, Any]]:
    return [decision(f"p{number:02}", "expansion_prompt") for number in range(count)]


def test_no_channel_is_faster_than_its_rate_whoever_else_sends_through_it(
    run: Callable[..., DeliveryReport], publish: Publish, channel: Noting, ledger: Ledger, clock: Clock
) -> None:
    # Another worker has taken the first second.
    assert book(ledger, "webhook", 2, per_second=2.0, now=clock()) == START
    run(publish(prompts(5)), pacing=Pacing(per_second={"webhook": 2.0}))
    assert [at for _, at in channel.taken] == pytest.approx([1.0, 1.5, 2.0, 2.5, 3.0], abs=0.02)


def test_after_a_rest_one_message_goes_to_see_before_the_others_flow(
    run: Callable[..., DeliveryReport], publish: Publish, channel: Noting, ledger: Ledger, clock: Clock
) -> None:
    pacing = Pacing(first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=2))
    channel.is_down = True
    run(publish(prompts(12)), pacing=pacing)
    assert len(channel.taken) == 5 and "webhook" in ledger.resting(clock())

    clock.forward(seconds=61)
    run(None, pacing=pacing)
    assert len(channel.taken) == 6, "still down: one message showed it"
    assert "webhook" in ledger.resting(clock())

    clock.forward(seconds=61)
    seen: list[dict[str, Any]] = []
    channel.is_down = False
    channel.on_send = lambda _: seen.append(dict(ledger.resting(clock())))
    assert run(None, pacing=pacing).by_state["delivered"] == 12
    assert "webhook" in seen[0], "nobody else may send while one goes to see"
    assert not any(seen[1:])


def test_an_outage_of_a_whole_channel_uses_up_no_rows_attempts(
    run: Callable[..., DeliveryReport],
    ledger: Ledger,
    clock: Clock,
    channel: Noting,
    publish: Publish,
) -> None:
    channel.is_down_for_all = True
    snapshot = publish([decision("a", "expansion_prompt")])
    pacing = Pacing(attempts_limit=3)
    for _ in range(8):
        run(snapshot, pacing=pacing)
        clock.forward(hours=7)
    assert ledger.get("a").state == "failed" and ledger.get("a").attempts == 8
    # a failure of its own counts as before
    channel.is_down_for_all, channel.is_down = False, True
    for _ in range(3):
        run(snapshot, pacing=pacing)
        clock.forward(hours=7)
    assert ledger.get("a").state == "dead"


def test_a_probe_whose_worker_died_is_tried_again_by_the_next(
    run: Callable[..., DeliveryReport], publish: Publish, channel: Noting, ledger: Ledger, clock: Clock
) -> None:
    channel.is_down = True
    run(publish(prompts(6)))
    clock.forward(seconds=61)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    channel.on_send = die
    with pytest.raises(KeyboardInterrupt):
        run(None)
    channel.is_down, channel.on_send = False, lambda _: None
    clock.forward(minutes=6)
    assert run(None).by_state["delivered"] == 6


def test_an_immediate_action_that_comes_in_during_a_long_batch_is_sent_next(
    run: Callable[..., DeliveryReport], publish: Publish, channel: Noting, ledger: Ledger, clock: Clock
) -> None:
    alert = decision("alert", "expansion_prompt", is_immediate=True)
    later = publish([alert])

    def slow(action_id: str) -> None:
        clock.forward(seconds=0.3)
        if action_id == "p02":
            enqueue_decisions(ledger, later, now=clock, who="another")

    channel.on_send = slow
    run(publish(prompts(10)))
    order = [action_id for action_id, _ in channel.taken]
    assert order == ["p00", "p01", "p02", "alert", *(f"p{number:02}" for number in range(3, 10))]
    assert ledger.get("p05").attempts == 1, "what made way did not count as tried"


def test_the_alerts_worker_sends_immediate_actions_alone_and_leaves_the_rest_to_the_job(
    home: Home, publish: Publish, ledger: Ledger, clock: Clock
) -> None:
    worker = AlertWorker(ledger, home, ChannelConfig(), pacing=Pacing(), now=clock)
    assert worker.look() is None
    snapshot = publish([
        decision("alert", "critical_escalation", is_immediate=True),
        *prompts(3),
    ])  # fmt: skip
    report = worker.look()
    assert report is not None and dict(report.sent_now) == {"slack": 1}
    assert sum(ledger.by_state().values()) == 1, "the prompts are read by the job"
    assert worker.look() is None
    assert not ledger.has_read(snapshot.stem)

    enqueue_decisions(ledger, publish([decision("z", is_immediate=True)]), now=clock, who="job")
    later = worker.look()
    assert later is not None and dict(later.sent_now) == {"email": 1}
    assert ledger.get("alert").published_at is not None


def test_every_channel_can_be_given_a_limit_and_what_vendors_document_is_kept_unasked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documented = {"slack", "email", "hubspot", "intercom", "gainsight", "totango"}
    assert set(DeliveryEnvironment().pacing().per_second) == documented
    for kind in MessageKind:
        is_read_from = f"to_{kind}_enabled" in DeliveryEnvironment.model_fields
        prefix = "TIERLINE_TO_" if is_read_from else "TIERLINE_"
        monkeypatch.setenv(f"{prefix}{kind.upper()}_PER_SECOND", "7")
    assert DeliveryEnvironment().pacing().per_second == {kind.value: 7.0 for kind in MessageKind}
