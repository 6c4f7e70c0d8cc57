"""Reading rows by the moment they last changed: what is still the same, in what order, where to go on.

Moments are whole epoch seconds. Payloads are hostile: a row without a usable moment takes no part in this.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any

from requests import Response

from assets.sources.api.errors import GaveUpError
from assets.sources.api.payloads import digest, encoded

Row = Any
# So many rows are read again at most because their changes may have been found late.
MOST_KNOWN = 5_000
_CLOCKS_APART = timedelta(days=1)


@dataclass
class Known:
    """Digests of the rows at the latest moments, so that what hangs on a row is fetched only when it changed.

    `overlap`: seconds before the latest moment that a next reading goes back.
    """

    overlap: int = 0
    latest: int | None = None
    _rows: dict[str, tuple[int, str]] = field(default_factory=dict)

    @classmethod
    def kept(cls, cursor: Mapping[str, Any] | None, overlap: int = 0) -> "Known":
        """From what `cursor` gave."""
        if not cursor:
            return cls(overlap)
        rows = {str(key): (int(moment), str(name)) for key, (moment, name) in cursor["known"].items()}
        return cls(overlap, cursor["latest"], rows)

    @property
    def cursor(self) -> dict[str, Any]:
        """As JSON."""
        oldest = None if self.latest is None else self.latest - self.overlap
        rows = [(key, list(row)) for key, row in self._rows.items() if oldest is None or row[0] >= oldest]
        return {"latest": self.latest, "known": dict(rows[-MOST_KNOWN:])}

    @property
    def oldest(self) -> int | None:
        """The moment from which on a next reading goes: `overlap` back, but not over more than is known."""
        if self.latest is None:
            return None
        is_cut = len(self._rows) >= MOST_KNOWN
        return min(moment for moment, _ in self._rows.values()) if is_cut else self.latest - self.overlap

    def forget(self, key: object) -> None:
        """What hangs on the row could not be had: it is news the next time, too."""
        self._rows.pop(str(key), None)

    def take(self, key: object, moment: int | None, row: Row) -> bool:
        """Whether the row is new or changed; from now on it is known."""
        if moment is None:
            return True
        content = digest(encoded(row))
        is_news = self._rows.get(str(key)) != (moment, content)
        self._rows.pop(str(key), None)
        self._rows[str(key)] = (moment, content)
        if self.latest is None or moment > self.latest:
            self.latest = moment
            oldest = moment - self.overlap
            self._rows = {each: known for each, known in self._rows.items() if known[0] >= oldest}
        return is_news


@dataclass(frozen=True)
class NumberedPages:
    """A list with numbered pages and a bound by moment, whose order the vendor does not promise.

    Rows that change while one reads move to another place. Where the oldest change comes first, counting
    pages on would skip rows, so the bound moves instead; where the newest comes first, counting on only
    repeats some. A server that knows no pages (files behind HTTP) answers everything at once, or the same
    again: both end it.

    `ask(since, page)`: rows changed at `since` or later; None: all.
    """

    ask: Callable[[int | None, int], Sequence[Row]]
    moment: Callable[[Row], int | None]
    page_size: int

    def read(
        self, cursor: Mapping[str, Any] | None, *, start: int | None = None, lookback: int = 0
    ) -> Iterator[tuple[Sequence[Row], dict[str, Any]]]:
        """(rows, cursor after them). After a finished reading the next begins `lookback` seconds earlier."""
        since, page, latest = start, 1, start
        if cursor:
            since, page, latest = cursor["since"], cursor["page"], cursor["latest"]
            if cursor["is_done"] and since is not None:
                since -= lookback
        before: set[str] = set()
        stalled = False
        while True:
            rows = self.ask(since, page)
            moments = [moment for row in rows if (moment := self.moment(row)) is not None]
            latest = max([*moments, *([] if latest is None else [latest])], default=None)
            names = {digest(encoded(row)) for row in rows}
            repeats, before = names <= before, names
            if len(rows) != self.page_size or (repeats and stalled):
                yield rows, {"since": latest, "page": 1, "latest": latest, "is_done": True}
                return
            stalled = repeats
            if not repeats and _is_ascending(moments):
                since, page = moments[-1], 1
            else:
                page += 1
            yield rows, {"since": since, "page": page, "latest": latest, "is_done": False}


def _is_ascending(moments: Sequence[int]) -> bool:
    return bool(moments) and moments[0] < moments[-1] and all(a <= b for a, b in pairwise(moments))


def moment_of(row: Row, name: str, now: datetime) -> int | None:
    """A field's moment, given as epoch seconds or ISO 8601 text.

    None for one more than a day after `now`: going on from there would pass over everything until then.
    """
    value = row.get(name) if isinstance(row, Mapping) else None
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, str) and not value.strip().isdigit():
            given = datetime.fromisoformat(value.strip())
            moment = int((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp())
        else:
            moment = int(value)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if 0 <= moment <= (now + _CLOCKS_APART).timestamp() else None


def listed(body: object, name: str, system: str) -> Sequence[Row]:
    """The list under a name of an answer. Raises `GaveUpError` where there is none."""
    rows = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(rows, list):
        raise GaveUpError(
            f"{system} answered without a list of {name}; check the base URL, or run again later"
        )
    return rows


def listed_in(page: Sequence[object], name: str, system: str) -> Sequence[Row]:
    """The same of a page that is one object, as a paginator hands it on whole."""
    return listed(page[0] if page else None, name, system)


def wait_for_reset(response: Response) -> float | None:
    """Seconds until `X-RateLimit-Reset` (epoch, by the server's clock), of a 429 without `Retry-After`."""
    reset = response.headers.get("X-RateLimit-Reset", "").strip()
    is_limited = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    if not is_limited or "Retry-After" in response.headers or not reset.isdigit():
        return None
    try:
        now = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        now = datetime.now(UTC).timestamp()
    return max(0.0, float(reset) - now)
