"""How long to wait before a request is tried again."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from requests import Response

LONGEST_BACKOFF_SECONDS = 60.0


def asked_for(response: Response) -> float | None:
    """Seconds that `Retry-After` asks for (a number, or a date by the server's clock); None: nothing."""
    given = response.headers.get("Retry-After", "").strip()
    if not given:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    until, now = _date(given), _date(response.headers.get("Date", ""))
    return None if until is None else max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None


def backoff(attempt: int, seconds: float) -> float:
    """After the first failed attempt (1) `seconds`, then twice as long each time; half of it by chance."""
    whole: float = min(seconds * 2.0 ** min(attempt - 1, 30), LONGEST_BACKOFF_SECONDS)
    return whole / 2 + random.uniform(0, whole / 2)  # noqa: S311 - no secret hangs on it


def with_jitter(asked: float, seconds: float) -> float:
    """Not before what was asked for, and not all at once."""
    return asked + random.uniform(0, min(1.0, seconds))  # noqa: S311
