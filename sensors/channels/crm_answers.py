"""What both CRMs' channels share: a task's record, and owners by their e-mail address."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
)

# Asks the destination for a user's id by e-mail address; None when it has none. Raises DeliveryError.
FindOwner = Callable[[str], str | None]
_Asked = TypeVar("_Asked")
_Told = TypeVar("_Told")


class Owners:
    """Ids of users by e-mail address, each asked for once. Who is not found is asked for again next time."""

    def __init__(self, destination: str, find: FindOwner) -> None:
        self._destination, self._find = destination, find
        self._known: dict[str, str] = {}

    def of(self, message: Message) -> str:
        """The user with the recipient's address."""
        address = message.recipient.casefold()
        if address not in self._known:
            found = read(self._find, address)
            if found is None:
                raise DestinationRejectedError(
                    f"{self._destination} has no active user with the address {message.recipient}; add the "
                    "user there, or give the account another owner"
                )
            self._known[address] = found
        return self._known[address]


def record_of(message: Message, destination: str) -> str:
    """The id of the account's record in the CRM."""
    record = message.content.get("record_id")
    if not record:
        raise DestinationRejectedError(f"the decision names no record of the account in {destination}")
    return str(record)


def read(ask: Callable[[_Asked], _Told], asked: _Asked) -> _Told:
    """A question that changes nothing: without an answer, certainly nothing was sent.

    Raises DeliveryError.
    """
    try:
        return ask(asked)
    except OutcomeUnknownError as error:
        raise DestinationUnavailableError(str(error)) from None


def one_task_each(
    messages: Sequence[Message],
    look_up: Callable[[Sequence[str]], Mapping[str, str]],
    create: Callable[[Message], Receipt],
) -> Iterator[Outcome]:
    """Create a task for every message that has none yet: an earlier attempt may have made it."""
    try:
        there = read(look_up, [message.action_id for message in messages])
    except DeliveryError as error:
        for _ in messages:
            yield as_channel_wide(error)
        return
    for message in messages:
        if reference := there.get(message.action_id):
            yield Receipt(reference)
            continue
        try:
            yield create(message)
        except DeliveryError as error:
            yield error


def as_channel_wide(error: DeliveryError) -> DeliveryError:
    """What went wrong before anything was sent, when it is no single message's fault."""
    if isinstance(error, DestinationRejectedError | OutcomeUnknownError):
        return DestinationUnavailableError(str(error), is_channel_wide=True)
    return error
