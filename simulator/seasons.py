"""When people work: time zones, weekends, holidays. Factors multiply the chance that a person is active."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from simulator.draws import Floats, Ints
from simulator.scenario import to_date

# zone, region, country calendar, share of accounts
ZONES: tuple[tuple[str, str, str, float], ...] = (
    ("America/New_York", "amer", "us", 0.22),
    ("America/Chicago", "amer", "us", 0.10),
    ("America/Los_Angeles", "amer", "us", 0.16),
    ("America/Sao_Paulo", "amer", "br", 0.05),
    ("Europe/London", "emea", "uk", 0.13),
    ("Europe/Berlin", "emea", "de", 0.15),
    ("Europe/Helsinki", "emea", "de", 0.03),
    ("Asia/Kolkata", "apac", "in", 0.06),
    ("Asia/Tokyo", "apac", "jp", 0.05),
    ("Australia/Sydney", "apac", "au", 0.05),
)
FIXED_HOLIDAYS: dict[str, tuple[tuple[int, int], ...]] = {
    "us": ((1, 1), (6, 19), (7, 4), (11, 11), (12, 24), (12, 25)),
    "br": ((1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)),
    "uk": ((1, 1), (12, 24), (12, 25), (12, 26)),
    "de": ((1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26)),
    "in": ((1, 26), (8, 15), (10, 2), (12, 25)),
    "jp": ((1, 1), (1, 2), (1, 3), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)),
    "au": ((1, 1), (1, 26), (4, 25), (12, 25), (12, 26)),
}
MONDAY, THURSDAY, SATURDAY = 0, 3, 5
AUGUST = 8
HUMAN_WEEK = (1.0, 1.06, 1.05, 1.0, 0.88, 0.13, 0.10)  # Monday to Sunday
MACHINE_WEEK = (1.0, 1.0, 1.0, 1.0, 0.97, 0.82, 0.80)
HOLIDAY, MACHINE_HOLIDAY = 0.14, 0.85
YEAR_END, EUROPEAN_AUGUST = 0.55, 0.78
_EASTER = {"uk": (-2, 1), "de": (-2, 1, 39, 50), "au": (-2, 1), "br": (-47, -2)}


def easter(year: int) -> date:
    """Gregorian Easter Sunday (Butcher's algorithm)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    f, g = divmod(c, 4)
    k = (32 + 2 * e + 2 * f - h - g) % 7
    month, day = divmod(h + k - 7 * ((a + 11 * h + 22 * k) // 451) + 114, 31)
    return date(year, month, day + 1)


def _weekday_of_month(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def is_holiday(on: date, calendar: str) -> bool:
    if (on.month, on.day) in FIXED_HOLIDAYS[calendar]:
        return True
    if calendar == "us":
        thanksgiving = _weekday_of_month(on.year, 11, THURSDAY, 4)
        floating = (
            _weekday_of_month(on.year, 1, MONDAY, 3),
            _weekday_of_month(on.year, 6, MONDAY, 1) - timedelta(days=7),
            _weekday_of_month(on.year, 9, MONDAY, 1),
            thanksgiving,
            thanksgiving + timedelta(days=1),
        )
        return on in floating
    return on in [easter(on.year) + timedelta(days=days) for days in _EASTER.get(calendar, ())]


@cache
def _west(zone: str, year: int) -> bool:
    """Whether a zone lies west of Greenwich, in winter and in summer."""
    here = _clock(zone)
    offsets = [datetime(year, month, 1, tzinfo=here).utcoffset() for month in (1, 7)]
    return all(offset is not None and offset < timedelta() for offset in offsets)


@cache
def _clock(zone: str) -> ZoneInfo:
    """Kept: the library itself keeps but eight of them, and reads the others' files again and again."""
    return ZoneInfo(zone)


@cache
def _zone_day(zone: str, day: int) -> tuple[date, int]:
    """The local date a zone lives through in the step of a UTC day, and its beginning in seconds since 1970.

    West of Greenwich it is the same date, from Greenwich eastward the next: so that it never begins before
    the UTC day does, whatever the clocks do, and what is left over always belongs to the day after.
    """
    local = to_date(day if _west(zone, to_date(day).year) else day + 1)
    return local, int(datetime.combine(local, time(), _clock(zone)).timestamp())


def day_start(day: int, zone: Ints) -> Ints:
    """When the local day of a step begins (s since 1970), per account: within the UTC day or at its end."""
    starts = np.array([_zone_day(name, day)[1] for name, *_ in ZONES], dtype=np.int64)
    return starts[zone]


def human_factor(day: int, zone: Ints) -> Floats:
    """Chance of a person working, relative to an ordinary Monday."""
    factors = []
    for name, region, calendar, _ in ZONES:
        local, _ = _zone_day(name, day)
        factor = HUMAN_WEEK[local.weekday()]
        if local.weekday() < SATURDAY and is_holiday(local, calendar):
            factor *= HOLIDAY
        elif (local.month, local.day) >= (12, 21) or (local.month, local.day) <= (1, 3):
            factor *= YEAR_END
        if region == "emea" and local.month == AUGUST:
            factor *= EUROPEAN_AUGUST
        factors.append(factor)
    return np.array(factors)[zone]


def machine_factor(day: int, zone: Ints) -> Floats:
    """Volume of what runs by itself, relative to an ordinary Monday."""
    factors = []
    for name, _, calendar, _ in ZONES:
        local, _ = _zone_day(name, day)
        factors.append(
            MACHINE_WEEK[local.weekday()] * (MACHINE_HOLIDAY if is_holiday(local, calendar) else 1.0)
        )
    return np.array(factors)[zone]
