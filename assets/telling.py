"""How an asset tells people how far it is: a log line that is marked as meant for them."""

from collections.abc import Callable
from typing import Any

# The attribute of a log record; the progress lines of `make run` are the records that carry it.
TOLD = "is_told"


def telling(log: Any) -> Callable[[str], None]:
    """A function that logs a line to `log` (a context's), for Dagster's UI and for `make run`'s progress."""

    def tell(line: str) -> None:
        log.info(line, extra={TOLD: True})

    return tell
