"""The churn models that are due: one for the first day of each month, trained as it would have been then.

Called by the dbt model `int_churn_models`, within the build and on its connection.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.risk.examples import TrainingPolicy

if TYPE_CHECKING:
    from assets.risk.evaluation import Evaluation
    from assets.risk.training import Training

# What a training row says of itself; every other column is a feature.
_NO_FEATURES = ("account_id", "scored_on", "churned_on")
SCHEMA = {
    "model_version": pl.String,
    "trained_on": pl.Date,
    "policy_valid_from": pl.Date,
    "refused_because": pl.String,
    "window_from": pl.Date,
    "window_to": pl.Date,
    "training_rows": pl.Int64,
    "churned_accounts": pl.Int64,
    "test_from": pl.Date,
    "test_to": pl.Date,
    "intercept": pl.Float64,
    "slope": pl.Float64,
    "margin_offset": pl.Float64,
    "parameters": pl.String,
    "bins": pl.String,
    "evaluation": pl.String,
}


def due_months(
    as_of: date | None, policies: Sequence[Mapping[str, Any]], trained: Iterable[date]
) -> list[date]:
    """First days of months up to `as_of` that want a model, and for which none was trained, or refused, yet.

    `policies`: all versions of the seed `risk_model`. `as_of`: the last day that is scored.
    """
    if as_of is None:
        return []
    latest = as_of.year * 12 + as_of.month - 1
    back = _version(policies, as_of)["walk_forward_months"]
    months = {date(month // 12, month % 12 + 1, 1) for month in range(latest - back, latest + 1)}
    return sorted(months - set(trained))


def trained_models(
    rows: pl.DataFrame, policies: Sequence[Mapping[str, Any]], months: Iterable[date]
) -> pl.DataFrame:
    """One row per month that has anything to learn from, in `SCHEMA`. `rows`: int_churn_training_rows."""
    # scikit-learn takes seconds to import, and on most days no model is due.
    from assets.risk.training import train  # noqa: PLC0415

    features = [name for name in rows.columns if name not in _NO_FEATURES]
    made = []
    for month in months:
        version = _version(policies, month)
        policy = TrainingPolicy(**{each.name: version[each.name] for each in fields(TrainingPolicy)})
        training = train(rows, features, on=month, policy=policy)
        if training.rows:
            made.append(_row(training, version["valid_from"]))
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def _version(policies: Sequence[Mapping[str, Any]], day: date) -> Mapping[str, Any]:
    return max((each for each in policies if each["valid_from"] <= day), key=lambda each: each["valid_from"])


def _row(training: "Training", policy_valid_from: date) -> dict[str, Any]:
    fitted = training.fitted
    window, test = training.window or (None, None), training.test_window or (None, None)
    return {
        "model_version": training.version,
        "trained_on": training.trained_on,
        "policy_valid_from": policy_valid_from,
        "refused_because": training.refused_because,
        "window_from": window[0],
        "window_to": window[1],
        "training_rows": training.rows,
        "churned_accounts": training.churned_accounts,
        "test_from": test[0],
        "test_to": test[1],
        "intercept": fitted.intercept if fitted else None,
        "slope": fitted.slope if fitted else None,
        "margin_offset": fitted.offset if fitted else None,
        "parameters": json.dumps(_parameters(training)) if fitted else None,
        "bins": json.dumps([asdict(each) for each in training.bins]) if training.bins else None,
        "evaluation": json.dumps(_measures(training.evaluation)) if training.evaluation else None,
    }


def _measures(evaluation: "Evaluation") -> dict[str, Any]:
    """Flat, as SQL reads them; the calibration's tenths stay a list."""
    measures = asdict(evaluation)
    low, high = measures.pop("auc_interval")
    return {**measures, "auc_low": low, "auc_high": high}


def _parameters(training: "Training") -> list[dict[str, Any]]:
    assert training.fitted is not None
    named = zip(
        training.features,
        training.fitted.means.tolist(),
        training.fitted.scales.tolist(),
        training.fitted.coefficients.tolist(),
        strict=True,
    )
    return [
        {"feature": feature, "mean": mean, "scale": scale, "coefficient": coefficient}
        for feature, mean, scale, coefficient in named
    ]
