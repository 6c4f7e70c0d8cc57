"""What a company is made from: size, time, seed, and the true effects. Everything else follows."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from simulator.effects import Effects

EPOCH = date(1970, 1, 1)
ACCOUNTS_PER_CSM = 83  # 1,000 accounts for 12 CSMs
WARM_UP_DAYS = (
    120  # lived through unseen, so that the first day finds decisions, backlogs and habits under way
)


class ScenarioError(ValueError):
    """The scenario can't be simulated; the message says which setting to change."""


def to_day(on: date) -> int:
    """Days since 1970-01-01."""
    return (on - EPOCH).days


def to_date(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def add_months(day: np.ndarray | int, months: np.ndarray | int) -> np.ndarray:
    """Calendar months later, the last day of a shorter month when the day does not exist there."""
    dates = np.asarray(day, dtype=np.int64).astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    offset = (dates - month.astype("datetime64[D]")).astype(np.int64)
    target = month + np.asarray(months, dtype=np.int64)
    first = target.astype("datetime64[D]").astype(np.int64)
    length = (target + 1).astype("datetime64[D]").astype(np.int64) - first
    result: np.ndarray = first + np.minimum(offset, length - 1)
    return result


@dataclass(frozen=True)
class Scenario:
    """`accounts` counts every account of the whole time, those that churn or join within it included.

    `intensity` multiplies usage events per active user and per integration; the company behind them stays the
    same. `automation_month` counts months from the start: AI support and plays go live on its first day.
    `automation`: `standing` lets a simple tool that only sees observables act from then on, whenever a day is
    stepped without delivered actions; `none` leaves the company to its CSMs.
    """

    end: date
    accounts: int = 1000
    csms: int | None = None
    months: int = 18
    seed: int = 7
    automation_month: int | None = None
    automation: str = "standing"
    intensity: float = 1.0
    effects: Effects = field(default_factory=Effects)

    def __post_init__(self) -> None:
        if self.accounts < 1 or self.months < 1 or self.intensity <= 0:
            raise ScenarioError("accounts, months and intensity must be positive")
        if self.automation not in ("standing", "none"):
            raise ScenarioError(f"automation is {self.automation!r}; it can be 'standing' or 'none'")

    @property
    def first_day(self) -> int:
        return int(add_months(to_day(self.end) + 1, -self.months))

    @property
    def founding_day(self) -> int:
        """Where the unseen warm-up begins."""
        return self.first_day - WARM_UP_DAYS

    @property
    def last_day(self) -> int:
        return to_day(self.end)

    @property
    def live_day(self) -> int:
        """First day with AI support and plays; half-time unless said otherwise."""
        month = self.months // 2 if self.automation_month is None else self.automation_month
        return int(add_months(self.first_day, month))

    @property
    def csm_count(self) -> int:
        return self.csms or max(2, round(self.accounts / ACCOUNTS_PER_CSM))
