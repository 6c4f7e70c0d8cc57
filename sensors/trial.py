"""Test mode: an account's messages are rendered and written down, and sent to nobody.

`TIERLINE_TEST_ACCOUNT` puts an account into test mode for as long as it is set: whatever would go out for it
lands in `outbox/test/` and is settled `suppressed` by `test_mode`; it never counts as delivered. Its scores
are written nowhere.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sensors.channels.attributes import AccountAttributes, AttributeWriter
from sensors.channels.channel import Channel, Message, Outcome, Receipt, WithheldError
from sensors.channels.local_sink import LocalSink
from sensors.channels.past import AsksThePast, Past
from sensors.channels.withholding import withheld

FOLDER = "test"


class SentToNobodyError(WithheldError):
    """The account is in test mode: the message was rendered and written to a file instead."""

    rule = "test_mode"


class TrialChannel:
    """A channel that keeps one account's messages from its destination."""

    def __init__(self, inner: Channel, account_id: str, sink: LocalSink) -> None:
        self._inner, self._account_id, self._sink = inner, account_id, sink
        self.destination = inner.destination
        self.batch_size = inner.batch_size
        self.seconds_per_message = inner.seconds_per_message

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]:
        others = iter(self._inner.send([each for each in messages if each.account_id != self._account_id]))
        for message in messages:
            if message.account_id != self._account_id:
                yield next(others)
                continue
            (outcome,) = self._sink.send([message])
            yield _sent_to_nobody(outcome) if isinstance(outcome, Receipt) else outcome

    def withholds(self, message: Message) -> WithheldError | None:
        if message.account_id == self._account_id:
            return SentToNobodyError(
                f"test mode: it would only be written to {FOLDER}/{self._sink.path.name}"
            )
        return withheld(self._inner, message)

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        return self._inner.look_up(action_ids)

    def close(self) -> None:
        self._inner.close()

    def remember(self, past: Past) -> None:
        """Said outright: a check for a protocol does not see what `__getattr__` passes on."""
        if isinstance(self._inner, AsksThePast):
            self._inner.remember(past)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class TrialWriter:
    """A writer that keeps one account's scores from its system."""

    def __init__(self, inner: AttributeWriter, account_id: str) -> None:
        self._inner, self._account_id = inner, account_id
        self.destination = inner.destination
        self.batch_size = inner.batch_size

    def write(self, accounts: Sequence[AccountAttributes]) -> Iterator[Outcome]:
        others = [each for each in accounts if each.account_id != self._account_id]
        outcomes = iter(self._inner.write(others) if others else ())
        for account in accounts:
            if account.account_id == self._account_id:
                yield SentToNobodyError("test mode: its scores are written nowhere")
            else:
                yield next(outcomes)

    def close(self) -> None:
        self._inner.close()


def trial_sink(outbox: Path, channel: str, now: Callable[[], datetime]) -> LocalSink:
    """The file that takes what a channel would have sent for an account in test mode."""
    return LocalSink(outbox / FOLDER / f"{channel}.jsonl", now=now, by_words=True)


def _sent_to_nobody(receipt: Receipt) -> SentToNobodyError:
    return SentToNobodyError(f"test mode: written to {FOLDER}/{receipt.reference}, sent to nobody")
