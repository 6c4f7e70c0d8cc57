"""The signed webhook against a real local receiver."""

import logging
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from sensors.channels.channel import ChannelMisconfiguredError
from sensors.channels.configuration import (
    ChannelConfig,
    HubspotDestination,
    SlackDestination,
    WebhookDestination,
    build_channels,
)
from sensors.channels.signature import SignatureInvalidError, verify
from sensors.delivery import DeliveryReport, deliver
from sensors.ledger import Ledger
from tests.sensors.conftest import Clock, Publish, decision
from tests.sensors.receivers import Answer, HttpReceiver, Request, http_receiver
from warehouse.home import Home

SECRET = "whsec-5f0c7c1d"
PATH = "/hooks/T0KEN-in-the-path"
Run = Callable[..., DeliveryReport]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def run(ledger: Ledger, home: Home, clock: Clock, receiver: HttpReceiver) -> Run:
    def run(
        snapshot: Any = None, url: str | None = None, timeout: float = 5.0, *, allow_private: bool = True
    ) -> DeliveryReport:
        hook = WebhookDestination(
            url or receiver.url + PATH, SECRET, timeout_seconds=timeout, allow_private=allow_private
        )
        channels = build_channels(ChannelConfig(webhook=hook), home.outbox, now=clock)
        return deliver(ledger, snapshot, channels, now=clock, worker="test", sleep=clock.sleep)

    return run


def prompts(count: int) -> list[dict[str, Any]]:
    return [decision(f"p{number}", "expansion_prompt") for number in range(count)]


def test_the_receiver_can_verify_every_request_and_refuses_changed_or_old_ones(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(headers={"X-Request-Id": "req-17"})
    run(publish(prompts(1)))

    (request,) = receiver.seen
    assert verify(SECRET, request.headers, request.body, now=clock()) == "p0"
    assert request.headers["Idempotency-Key"] == "p0" == request.json["action_id"]
    assert request.path == PATH
    assert ledger.get("p0").destination_ref == "req-17"
    with pytest.raises(SignatureInvalidError, match="does not match"):
        verify(SECRET, request.headers, request.body + b" ", now=clock())
    with pytest.raises(SignatureInvalidError, match="does not match"):
        verify("another secret", request.headers, request.body, now=clock())
    with pytest.raises(SignatureInvalidError, match="away from this clock"):
        verify(SECRET, request.headers, request.body, now=clock() + timedelta(minutes=6))
    with pytest.raises(SignatureInvalidError, match="missing"):
        verify(SECRET, {}, request.body, now=clock())


def test_a_request_that_was_recorded_can_not_be_sent_again_under_another_key(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock
) -> None:
    run(publish(prompts(1)))
    (request,) = receiver.seen
    assert verify(SECRET, request.headers, request.body, now=clock()) == "p0"  # seen before: nothing is done
    with pytest.raises(SignatureInvalidError, match="not the id of the signed action"):
        verify(SECRET, request.headers | {"Idempotency-Key": "p1"}, request.body, now=clock())


def test_too_many_requests_rests_the_channel_for_as_long_as_asked_and_then_goes_on(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(429, {"Retry-After": "3"}) if number == 1 else Answer()
    report = run(publish(prompts(4)))

    # The one refused waits its own back-off; the others only the three seconds, which are waited out.
    assert [request.headers["Idempotency-Key"] for request in receiver.seen] == ["p0", "p1", "p2", "p3"]
    assert clock.naps and sum(clock.naps) == pytest.approx(3, abs=0.1)
    assert report.by_state["delivered"] == 3 and report.by_state["failed"] == 1
    clock.forward(minutes=1)
    assert run().by_state["delivered"] == 4
    assert ledger.get("p1").attempts == 2


def test_a_long_retry_after_is_left_to_a_later_call(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(503, {"Retry-After": "600"}) if number == 0 else Answer()
    report = run(publish(prompts(3)))
    assert len(receiver.seen) == 1 and not clock.naps and "503" in report.resting["webhook"]
    assert ledger.due(clock()) == 0
    clock.forward(minutes=9)
    assert run().attempted == 0
    clock.forward(minutes=2)
    assert run().by_state["delivered"] == 3


@pytest.mark.parametrize("status", [500, 0])
def test_a_doubt_is_sent_again_with_the_same_key_and_the_same_body(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock, status: int
) -> None:
    receiver.script = lambda number, request: Answer(status) if number == 0 else Answer()
    assert run(publish(prompts(1))).by_state["failed"] == 1
    clock.forward(minutes=1)
    assert run().by_state["delivered"] == 1
    first, second = receiver.seen
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.body == second.body


def test_an_answer_that_never_comes_is_a_doubt_too(
    run: Run, publish: Publish, receiver: HttpReceiver, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(delay=1.0)
    run(publish(prompts(1)), timeout=0.2)
    row = ledger.get("p0")
    assert row.state == "failed" and "did not answer (ReadTimeout)" in (row.last_error or "")


def test_a_refused_message_is_dead_and_the_rest_goes_on(
    run: Run, publish: Publish, receiver: HttpReceiver, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(422, body="unknown account") if number == 0 else Answer()
    report = run(publish(prompts(3)))
    assert (report.by_state["dead"], report.by_state["delivered"]) == (1, 2)
    assert ledger.get("p0").last_error == "the destination answered 422: unknown account"


def test_a_redirect_is_not_followed(
    run: Run, publish: Publish, receiver: HttpReceiver, ledger: Ledger
) -> None:
    receiver.script = lambda number, request: Answer(307, {"Location": receiver.url + "/stranger"})
    run(publish(prompts(1)))
    assert [request.path for request in receiver.seen] == [PATH]
    row = ledger.get("p0")
    assert row.state == "failed" and "check the destination's address" in (row.last_error or "")


def test_a_receiver_that_is_down_costs_a_few_attempts_not_the_whole_queue(
    run: Run, publish: Publish, clock: Clock, ledger: Ledger
) -> None:
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{placeholder.getsockname()[1]}"
    report = run(publish(prompts(50)), url=dead)
    assert (report.attempted, report.by_state["failed"], report.by_state["pending"]) == (5, 5, 45)
    assert "can't be reached" in report.resting["webhook"]


def test_a_row_is_given_up_after_the_limit_and_a_resend_starts_afresh(
    run: Run, publish: Publish, receiver: HttpReceiver, clock: Clock, ledger: Ledger
) -> None:
    from sensors.interventions import resend

    receiver.script = lambda number, request: Answer(500)
    run(publish(prompts(1)))
    waits = []
    while ledger.get("p0").state == "failed":
        next_at = ledger.get("p0").next_attempt_at
        assert next_at is not None
        waits.append((next_at - clock()).total_seconds())
        clock.at = next_at
        run()
    row = ledger.get("p0")
    assert row.state == "dead" and row.attempts == 12
    assert (row.last_error or "").startswith("given up after 12 attempts: the destination answered 500")
    assert all(later > earlier for earlier, later in pairwise(waits[1:]))

    receiver.script = lambda number, request: Answer()
    resend(ledger, "p0", now=clock(), who="ana", why="receiver repaired")
    run()
    assert ledger.get("p0").state == "delivered" and ledger.get("p0").attempts == 13
    assert [event.who for event in ledger.history("p0") if event.detail == "receiver repaired"] == ["ana"]


def test_no_secret_reaches_the_ledger_the_logs_or_the_message(  # noqa: PLR0917
    run: Run,
    publish: Publish,
    receiver: HttpReceiver,
    clock: Clock,
    home: Home,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def tell_tale(number: int, request: Request) -> Answer:
        return Answer(400, body=f"bad request to {receiver.url + PATH} with {SECRET}")

    receiver.script = tell_tale
    run(publish(prompts(2)))
    receiver.script = lambda number, request: Answer(0)
    run(publish([decision("late", "expansion_prompt")]))

    stored = b"".join(path.read_bytes() for path in home.root.glob("ledger.db*") if path.is_file())
    assert b"answered 400" in stored
    for secret in (SECRET, PATH, PATH.strip("/")):
        assert secret.encode() not in stored
        assert secret not in caplog.text
        assert all(secret.encode() not in request.body for request in receiver.seen)


@pytest.mark.parametrize(
    "url", ["", "hooks.our-company.io/x", "ftp://h/x", "https://", "https://h/a b", "https://bob:hunter2@h/x"]
)
def test_an_address_no_request_can_go_to_is_refused_before_anything_is_claimed(home: Home, url: str) -> None:
    for config in (
        ChannelConfig(webhook=WebhookDestination(url, SECRET)),
        ChannelConfig(slack=SlackDestination(url)),
    ):
        with pytest.raises(
            ChannelMisconfiguredError, match=r"^TIERLINE_\w+ must be .* https://host/path"
        ) as told:
            build_channels(config, home.outbox)
        assert "hunter2" not in str(told.value)


def test_the_address_of_a_webhook_may_hold_a_query_and_a_base_url_none(home: Home) -> None:
    url = "https://flows.example/hook?sig=s3cret"
    build_channels(ChannelConfig(webhook=WebhookDestination(url, SECRET)), home.outbox)
    to_hubspot = ChannelConfig(hubspot=HubspotDestination("token", url))
    with pytest.raises(ChannelMisconfiguredError, match=r"^TIERLINE_TO_HUBSPOT_BASE_URL .*query") as told:
        build_channels(to_hubspot, home.outbox)
    assert "s3cret" not in str(told.value)


def test_a_timeout_longer_than_the_lease_still_gets_its_message_out(
    run: Run, publish: Publish, receiver: HttpReceiver
) -> None:
    assert run(publish(prompts(2)), timeout=3600).by_state["delivered"] == 2
