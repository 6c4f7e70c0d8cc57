"""What a churn model learns from: rows of past days whose outcome was known by the day of training."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class TooFewExamplesError(ValueError):
    """Not enough of both outcomes on both sides of the split."""


@dataclass(frozen=True)
class TrainingPolicy:
    """A version of the seed `risk_model`, as far as training goes. Days, counts and shares."""

    horizon_days: int
    history_days: int
    calibration_days: int
    test_days: int
    minimum_churned: int
    minimum_auc_lower: float
    inverse_regularisation: float
    resamples: int


@dataclass(frozen=True)
class Examples:
    """One row per account and day: `values` (rows x features, NaN where unknown) and whether it then left.

    `days_left`: days until it left, NaN for those that did not within the horizon.
    """

    accounts: npt.NDArray[np.object_]
    days: npt.NDArray[np.datetime64]
    values: Floats
    churned: Bools
    days_left: Floats

    def __len__(self) -> int:
        return len(self.churned)

    @property
    def churned_accounts(self) -> int:
        return len(np.unique(self.accounts[self.churned].astype(str)))

    def where(self, rows: Bools) -> "Examples":
        return Examples(
            self.accounts[rows], self.days[rows], self.values[rows], self.churned[rows], self.days_left[rows]
        )

    def before(self, day: date) -> "Examples":
        return self.where(self.days < np.datetime64(day))

    def since(self, day: date) -> "Examples":
        return self.where(self.days >= np.datetime64(day))

    @property
    def last_day(self) -> date:
        last: date = self.days.max().astype("datetime64[D]").item()
        return last

    @property
    def first_day(self) -> date:
        first: date = self.days.min().astype("datetime64[D]").item()
        return first


def known_examples(
    rows: pl.DataFrame, features: list[str], *, on: date, horizon_days: int, history_days: int
) -> Examples:
    """The rows whose horizon was over on the day before `on`: nothing younger has an outcome yet.

    `rows`: account_id, scored_on, churned_on (null if it never left) and the features.
    """
    last = on - timedelta(days=horizon_days + 1)
    known = rows.filter(pl.col("scored_on").is_between(last - timedelta(days=history_days), last))
    known = known.sort("scored_on", "account_id")
    left = (known["churned_on"] - known["scored_on"]).dt.total_days().cast(pl.Float64).to_numpy()
    churned = np.nan_to_num(left, nan=np.inf) <= horizon_days
    return Examples(
        accounts=known["account_id"].to_numpy(),
        days=known["scored_on"].to_numpy().astype("datetime64[D]"),
        values=known.select(pl.col(features).cast(pl.Float64)).fill_null(np.nan).to_numpy(),
        churned=churned,
        days_left=np.where(churned, left, np.nan),
    )
