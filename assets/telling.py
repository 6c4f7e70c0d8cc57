"""How an asset tells people how far it is: a log line that is marked as meant for them."""

import time
from collections.abc import Callable
from typing import Any

# The attribute of a log record; the progress lines of `make run` are the records that carry it.
TOLD = "is_told"


def telling(log: Any) -> Callable[[str], None]:
    """A function that logs a line to `log` (a context's), for Dagster's UI and for `make run`'s progress."""

    def tell(line: str) -> None:
        log.info(line, extra={TOLD: True})

    return tell


def paced(
    tell: Callable[[str], None], *, seconds: float = 2.0, clock: Callable[[], float] = time.monotonic
) -> Callable[[str], None]:
    """`tell`, at most once every `seconds`: hundreds of files would make as many lines."""
    told_at = float("-inf")

    def tell_now_and_then(line: str) -> None:
        nonlocal told_at
        if clock() - told_at >= seconds:
            told_at = clock()
            tell(line)

    return tell_now_and_then
