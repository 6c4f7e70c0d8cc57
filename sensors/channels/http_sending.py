"""One HTTP request and the beginning of its answer; without an answer, whether it can have arrived."""

from collections.abc import Callable

import httpx

from sensors.channels.channel import DestinationUnavailableError, OutcomeUnknownError

# Raised before the request has left: trying again can't double anything.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
_READ_BYTES = 8 << 20


def answer_to(
    request: httpx.Request,
    transport: httpx.BaseTransport,
    *,
    name: str,
    scrub: Callable[[object], str],
    read_bytes: int = _READ_BYTES,
) -> tuple[httpx.Response, str]:
    """The answer, and its body up to `read_bytes` as text.

    `name`: whom it goes to, for people. `scrub` strikes secrets out of what is said of an error. Raises
    `DestinationUnavailableError` (it has not left) and `OutcomeUnknownError` (it may have arrived).
    """
    try:
        response = transport.handle_request(request)
        try:
            said = next(response.iter_bytes(read_bytes), b"")
        finally:
            response.close()
    except _NOT_SENT as error:
        raise DestinationUnavailableError(
            f"{name} can't be reached: {scrub(error)}", is_channel_wide=True
        ) from None
    except httpx.HTTPError as error:
        raise OutcomeUnknownError(f"{name} did not answer ({type(error).__name__}): {scrub(error)}") from None
    return response, said.decode("utf-8", "replace")
