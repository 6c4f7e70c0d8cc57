"""Exports by time: which days or hours are to be read, and how many of them with one request.

A window (a day, an hour) is a unit. It is read when it never was, and again as long as late events may have
come when it was read last. What is known of that stands in `raw_tierline.files` (`modified_ns`: when it was
read).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, TypeVar

from assets.sources.bulk.batches import STAGED_BYTES
from assets.sources.bulk.loading import BulkLoad
from assets.sources.bulk.settings import UsageSettings
from assets.sources.bulk.staging import UnitOf
from assets.sources.sql import literal

# Of the year 5138; larger numbers are milliseconds.
_LATEST_SECOND = 99_999_999_999


class Sized(Protocol):
    """`size`: bytes of its lines."""

    @property
    def size(self) -> int: ...


Fetched = TypeVar("Fetched", bound=Sized)


class TooLargeError(ValueError):
    """The vendor does not hand out so many windows with one request."""


@dataclass(frozen=True)
class Windows:
    """All windows of a load: `count` of them, each `length` long, from `begin` (naive, the export's own
    clock) on."""

    begin: datetime
    length: timedelta
    count: int
    pattern: str

    def start(self, number: int) -> datetime:
        return self.begin + number * self.length

    def unit(self, number: int) -> str:
        return self.start(number).strftime(self.pattern)

    def units(self, first: int, last: int) -> list[str]:
        return [self.unit(number) for number in range(first, last + 1)]

    def due(self, load: BulkLoad, late: timedelta) -> list[int]:
        """Numbers of the windows to read, in order."""
        return [number for number in range(self.count) if self._is_due(number, load, late)]

    def _is_due(self, number: int, load: BulkLoad, late: timedelta) -> bool:
        unit = self.unit(number)
        known = load.known.get(unit)
        if known is None or unit in load.due or load.is_refused(unit):
            return True
        settled = (self.start(number + 1) + late).replace(tzinfo=UTC)
        return known.modified_ns < settled.timestamp() * 1_000_000_000


def days(settings: UsageSettings, now: datetime, *, pattern: str = "%Y-%m-%d") -> Windows:
    """Every day from the first one wanted to the present one. `now`: aware, in the export's time zone."""
    first = first_day(settings, now)
    count = (now.date() - first).days + 1
    return Windows(datetime.combine(first, datetime.min.time()), timedelta(days=1), max(count, 0), pattern)


def day_of_line(place: str, units: list[str], *, wall_clock: str = "UTC", prefix: str = "") -> UnitOf:
    """The day, as a unit's name, of the seconds or milliseconds since 1970 at a pointer.

    A line that says none, or another than was asked for, counts for the first or last unit.
    """
    moment = (
        f"case when told between 0 and {_LATEST_SECOND} then make_timestamp((told * 1e6)::bigint)"
        f" when told between 0 and {_LATEST_SECOND * 1_000} then make_timestamp((told * 1e3)::bigint) end"
    )
    if wall_clock != "UTC":
        moment = f"timezone({literal(wall_clock)}, timezone('UTC', {moment}))"
    first, last = literal(units[0]), literal(units[-1])
    day = f"coalesce({literal(prefix)} || ({moment})::date::varchar, {first})"
    return UnitOf(
        f"try_cast(json_extract_string(json, {literal(place)}) as double)",
        f"greatest(least({day}, {last}), {first})",
    )


def first_day(settings: UsageSettings, now: datetime) -> date:
    return settings.start_on or now.date() - timedelta(days=settings.history_days)


def fetched_in_runs(
    windows: Windows, due: list[int], fetch: Callable[[list[str]], Fetched], most: int
) -> Iterator[Fetched]:
    """The windows in runs of neighbours, as many at once as `most` and their size allow.

    `fetch(units)` raises `TooLargeError` for more than the vendor hands out at once.
    """
    at_once = 1
    place = 0
    while place < len(due):
        run = _run(due[place : place + at_once])
        try:
            fetched = fetch(windows.units(run[0], run[-1]))
        except TooLargeError:
            if len(run) == 1:
                raise
            at_once = max(1, len(run) // 2)
            continue
        place += len(run)
        each = max(fetched.size // len(run), 1)
        at_once = max(1, min(most, STAGED_BYTES // each, 4 * at_once))
        yield fetched


def _run(numbers: list[int]) -> list[int]:
    """The first of them that follow each other without a gap."""
    ends = (place for place in range(1, len(numbers)) if numbers[place] != numbers[place - 1] + 1)
    return numbers[: next(ends, len(numbers))]
