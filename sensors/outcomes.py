"""What a channel said of a message, and what becomes of its row.

A row that its destination refuses is `dead` with the reason and blocks nobody. A destination that is
unavailable gives the row back to the queue with a time to wait. A doubt is settled by what the destination
offers: held where a second message could be a second effect, else tried again.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sensors.channels.channel import (
    RECOVERIES,
    Channel,
    DestinationRejectedError,
    DestinationUnavailableError,
    Message,
    Outcome,
    OutcomeUnknownError,
    Receipt,
    Recovery,
    WithheldError,
)
from sensors.claims import Settlement
from sensors.pacing import Pacing
from sensors.records import Delivery
from sensors.rendering import message_hash
from sensors.rests import Rests
from sensors.states import State

_MAY_HAVE_ARRIVED = "it may have arrived: look there, then `python -m sensors confirm` or `resend` it"


def outcome_settlement(
    row: Delivery,
    message: Message,
    outcome: Outcome,
    *,
    rests: Rests,
    pacing: Pacing,
    now: Callable[[], datetime],
) -> Settlement:
    """The settlement of one claimed row; `rests` learns how its channel does."""
    fingerprint = message_hash(message)
    match outcome:
        case Receipt(reference):
            rests.succeeded(row.channel)
            return Settlement(
                row, State.DELIVERED, f"taken by {row.destination}",
                destination_ref=reference, message_hash=fingerprint,
            )  # fmt: skip
        case DestinationRejectedError():
            rests.succeeded(row.channel)
            return Settlement(row, State.DEAD, str(outcome), message_hash=fingerprint)
        case WithheldError(rule=rule):
            rests.succeeded(row.channel)
            return Settlement(
                row, State.SUPPRESSED, str(outcome), suppressed_by=rule, message_hash=fingerprint
            )
        case OutcomeUnknownError() if RECOVERIES[row.destination or ""] is Recovery.HOLD:
            rests.failed(row.channel, str(outcome))
            detail = f"{outcome}; {_MAY_HAVE_ARRIVED}"
            return Settlement(row, State.HELD, detail, message_hash=fingerprint)
    asked_for = outcome.retry_after if isinstance(outcome, DestinationUnavailableError) else None
    is_channel_wide = isinstance(outcome, DestinationUnavailableError) and outcome.is_channel_wide
    rests.failed(row.channel, str(outcome), asked_for=asked_for if is_channel_wide else None)
    tried = row.attempts - row.attempts_forgiven
    if tried >= pacing.attempts_limit and not is_channel_wide:
        return Settlement(
            row, State.DEAD, f"given up after {tried} attempts: {outcome}", message_hash=fingerprint
        )
    again_at = now() + pacing.wait(tried, asked_for=asked_for)
    # An outage of the whole channel is no row's fault: however long it lasts, the rows wait.
    return Settlement(
        row, State.FAILED, str(outcome),
        next_attempt_at=again_at, message_hash=fingerprint, is_forgiven=is_channel_wide,
    )  # fmt: skip


def guarded(channel: Channel, messages: Sequence[Message]) -> Iterator[Outcome]:
    """The channel's outcomes; after a defect in it, "unknown" for this message and unsent for the rest."""
    position = 0
    while position < len(messages):
        try:
            for outcome in channel.send(messages[position:]):
                position += 1
                yield outcome
        except Exception as error:
            # The text of an unforeseen error could hold anything, secrets too: only its kind is kept.
            position += 1
            yield OutcomeUnknownError(f"the channel failed unexpectedly ({type(error).__name__})")
