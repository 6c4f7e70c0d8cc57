"""What a channel would not send, asked before anything is: plans say it, and nobody is surprised later."""

from typing import Protocol, runtime_checkable

from sensors.channels.channel import Channel, Message, WithheldError


@runtime_checkable
class Withholds(Protocol):
    """A channel that keeps some messages from its destination."""

    def withholds(self, message: Message) -> WithheldError | None: ...


def withheld(channel: Channel, message: Message) -> WithheldError | None:
    """Why this channel would not send this message; None: it would."""
    return channel.withholds(message) if isinstance(channel, Withholds) else None
