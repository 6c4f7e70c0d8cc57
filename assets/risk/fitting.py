"""A logistic regression over standardised features, calibrated on the last days it may see."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from assets.risk.examples import Examples, Floats, TooFewExamplesError, TrainingPolicy

_ROUNDS = 1_000


@dataclass(frozen=True)
class Fitted:
    """All there is to a model, so that SQL can score with it.

    The margin is `intercept + sum(coefficient * (value - mean) / scale)`; an unknown value adds nothing. The
    probability is `1 / (1 + exp(slope * margin + offset))`.
    """

    means: Floats
    scales: Floats
    coefficients: Floats
    intercept: float
    slope: float
    offset: float

    def probabilities(self, values: Floats) -> Floats:
        standard = np.nan_to_num((values - self.means) / self.scales, nan=0.0)
        margins = self.intercept + standard @ self.coefficients
        result: Floats = 1.0 / (1.0 + np.exp(self.slope * margins + self.offset))
        return result


def fit(examples: Examples, policy: TrainingPolicy) -> Fitted:
    """Learn from all but the last `calibration_days`, calibrate on those. Raises `TooFewExamplesError`."""
    split = examples.last_day - timedelta(days=policy.calibration_days - 1)
    learned, held = examples.before(split), examples.since(split)
    for part in (learned, held):
        if part.churned.all() or not part.churned.any():
            raise TooFewExamplesError("a part of the time has only one outcome to learn from")
    # A feature that is never known has no mean; kept as a constant, it gets no weight.
    pipeline = make_pipeline(
        SimpleImputer(strategy="mean", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=policy.inverse_regularisation, max_iter=_ROUNDS),
    ).fit(learned.values, learned.churned)
    calibrated = CalibratedClassifierCV(FrozenEstimator(pipeline), method="sigmoid")
    calibrated.fit(held.values, held.churned)
    sigmoid = calibrated.calibrated_classifiers_[0].calibrators[0]
    imputer, scaler, regression = (step for _, step in pipeline.steps)
    return Fitted(
        means=imputer.statistics_,
        scales=scaler.scale_,
        coefficients=regression.coef_[0],
        intercept=float(regression.intercept_[0]),
        slope=float(sigmoid.a_),
        offset=float(sigmoid.b_),
    )
