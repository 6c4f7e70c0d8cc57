"""What a channel is: how it is told to send, how it answers, and what can be known after a crash.

A crash between sending and writing it down leaves a question: did the message arrive? Each destination
answers it differently:

| destination     | offers                                           | after a crash, or no answer       |
| --------------- | ------------------------------------------------ | --------------------------------- |
| `local_sink`    | look-up: the outbox file holds action ids        | found: delivered; not found: sent |
| `webhook`       | `Idempotency-Key`: the receiver drops the second | sent again with the same key      |
| `slack_webhook` | nothing                                          | held for a person                 |
| `slack_bot`     | look-up: metadata of messages holds action ids   | found: delivered; not found: sent |
| `intercom`      | nothing: a message shows nowhere until answered  | held for a person                 |
| `smtp`          | nothing (a Message-ID is no promise)             | held for a person                 |
| `hubspot`       | look-up: a task's property holds its action id   | found: delivered; not found: sent |
| `salesforce`    | look-up: a task's field holds its action id;     | found: delivered; not found: sent |
|                 | upsert where that field is an external id        | (a second one meets the first)    |
| `gainsight`     | look-up by a field that holds the action's id    | found: delivered; not found: sent |
| `churnzero`     | nothing (it answers 200 to everything)           | held for a person                 |
| `totango`       | an account's touchpoints can be searched         | sent again, after a search        |

A refused connection, a name that does not resolve or a failed TLS handshake is no such question: nothing was
sent, so it is tried again. An answer that says "not taken" is believed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol


class Recovery(StrEnum):
    """What to do with a row when it can't be known whether its message arrived."""

    LOOK_UP = "look up"
    RESEND = "resend"
    HOLD = "hold"


RECOVERIES = {
    "local_sink": Recovery.LOOK_UP,
    "webhook": Recovery.RESEND,
    "slack_webhook": Recovery.HOLD,
    "smtp": Recovery.HOLD,
    "hubspot": Recovery.LOOK_UP,
    "salesforce": Recovery.LOOK_UP,
    "slack_bot": Recovery.LOOK_UP,
    "intercom": Recovery.HOLD,
    "gainsight": Recovery.LOOK_UP,
    "churnzero": Recovery.HOLD,
    # Its channel searches the account for the action before it writes.
    "totango": Recovery.RESEND,
}


class MessageKind(StrEnum):
    """How a message is dressed; also the name of the decision's channel."""

    SLACK = "slack"
    EMAIL = "email"
    WEBHOOK = "webhook"
    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    INTERCOM = "intercom"
    GAINSIGHT = "gainsight"
    CHURNZERO = "churnzero"
    TOTANGO = "totango"


@dataclass(frozen=True)
class Message:
    """One rendered message. `content` is JSON-ready and depends only on the decision and its template:
    slack `{text, blocks}`, email `{subject, text, html}` and `audience` for customers, webhook the whole
    payload, hubspot and salesforce a task `{subject, body, due_at, priority, record_id}`, intercom
    `{subject, body}` with the body as HTML, customer-success platforms what `layouts/event.json.j2` says.

    `owner_email` is that of the account's CSM. `message_kind` is policy's (`service`, `marketing`);
    `reply_to` is the name and address of a person."""

    action_id: str
    channel: str
    recipient: str
    recipient_name: str | None
    play_id: str
    account_id: str
    content: dict[str, Any]
    essentials: dict[str, Any] = field(default_factory=dict)
    owner_email: str | None = None
    message_kind: str | None = None
    reply_to: tuple[str | None, str] | None = None


@dataclass(frozen=True)
class Receipt:
    """The destination took the message; `reference` is its name for it, if it gives one."""

    reference: str | None = None


class DeliveryError(Exception):
    """A message was not, or not certainly, delivered. Its text is safe to show: no secrets in it."""


class DestinationRejectedError(DeliveryError):
    """This message will never be taken (bad recipient, bad content); the others may be."""


class WithheldError(DeliveryError):
    """Nothing was sent, nor will be, by a `rule` of this installation."""

    rule = "withheld"


class NotAllowedHereError(WithheldError):
    """This environment may not reach the recipient."""

    rule = "not_allowed_here"


class DestinationUnavailableError(DeliveryError):
    """Not delivered, certainly; try again.

    `retry_after` is what the destination asked for. `is_channel_wide`: the same would happen to any message
    (refused connection, rate limit, wrong credentials), so the channel should rest.
    """

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, is_channel_wide: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.is_channel_wide = is_channel_wide


class OutcomeUnknownError(DeliveryError):
    """The request left, the answer did not come: delivered or not, nobody here can tell."""


class ChannelMisconfiguredError(ValueError):
    """A destination's settings can't work; the message says which and how they should look."""


Outcome = Receipt | DeliveryError


class Channel(Protocol):
    """A way out. `send` yields one outcome per message, in order, as each becomes known.

    Outcomes are pulled one by one. When the caller stops pulling, messages whose turn had not come are not
    sent, except in a channel that says `sends_whole_batch`: there the first outcome is known only once all
    messages went, so all outcomes have to be pulled.
    `batch_size` is how many messages one claim may take; `seconds_per_message` the longest one may last.
    """

    destination: str
    batch_size: int
    seconds_per_message: float

    def send(self, messages: Sequence[Message]) -> Iterator[Outcome]: ...

    def look_up(self, action_ids: Sequence[str]) -> dict[str, str]:
        """Of these, the delivered ones with their reference. Only asked where recovery is a look-up."""
        ...

    def close(self) -> None: ...


def sends_whole_batch(channel: Channel) -> bool:
    """Whether one request carries all messages handed to `send`; most channels send one after another."""
    return bool(getattr(channel, "sends_whole_batch", False))


def one_by_one(send: Callable[[Message], Receipt], messages: Iterable[Message]) -> Iterator[Outcome]:
    """Outcomes of a channel that sends single messages and raises what goes wrong."""
    for message in messages:
        try:
            yield send(message)
        except DeliveryError as error:
            yield error
