"""Reading an HTTP destination's answer: taken, never, later, or nobody knows."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from sensors.channels.channel import (
    DeliveryError,
    DestinationRejectedError,
    DestinationUnavailableError,
    OutcomeUnknownError,
)

# Answers about this one message: it is at fault, not the destination.
_ABOUT_THE_MESSAGE = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
# Answers given before anything was done.
_COME_BACK = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


def error_of(status: int, headers: Mapping[str, str], said: str, *, now: datetime) -> DeliveryError | None:
    """The error an answer stands for; None when the message was taken (2xx). `said` is already scrubbed."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    text = f"the destination answered {status}" + (f": {said[:200]}" if said else "")
    if status in _ABOUT_THE_MESSAGE:
        return DestinationRejectedError(text)
    if status in _COME_BACK:
        wait = retry_after(headers, now=now)
        is_rate_limit = status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
        return DestinationUnavailableError(text, retry_after=wait, is_channel_wide=is_rate_limit)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # It may have failed before or after doing its work.
        return OutcomeUnknownError(text)
    return DestinationUnavailableError(
        f"{text}; check the destination's address and credentials", is_channel_wide=True
    )


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """`Retry-After`: seconds or an HTTP date (RFC 9110, 10.2.3). None when absent or unreadable."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), _LONGEST_WAIT_SECONDS))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), timedelta(seconds=_LONGEST_WAIT_SECONDS))


# A destination that asks for more than a day is mistaken.
_LONGEST_WAIT_SECONDS = 86_400
