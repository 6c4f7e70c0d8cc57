"""The churn model's training: what it may learn from, when it is believed, and whether the harness measures right."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.preprocessing import PolynomialFeatures, SplineTransformer

from assets.risk.card import card
from assets.risk.examples import TrainingPolicy, known_examples
from assets.risk.training import Training, train
from assets.risk.walk_forward import SCHEMA, due_months, trained_models

TELCO = Path(__file__).parents[3] / "../shared/data/telco"
FIRST = date(2024, 1, 1)
POLICY = TrainingPolicy(
    horizon_days=90,
    history_days=730,
    calibration_days=60,
    test_days=120,
    minimum_churned=50,
    minimum_auc_lower=0.55,
    inverse_regularisation=0.05,
    resamples=50,
)


def company(accounts: int, *, skill: float, seed: int = 1, days: int = 540) -> pl.DataFrame:
    """Accounts seen every two weeks. Their `use` falls before they leave by `skill` deviations; `noise` is noise."""
    random = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        leaves = FIRST + timedelta(days=int(random.integers(20, 2 * days)))
        churned_on = leaves if leaves < FIRST + timedelta(days=days) else None
        for offset in range(0, days, 14):
            day = FIRST + timedelta(days=offset)
            if churned_on is not None and day >= churned_on:
                break
            near = churned_on is not None and (churned_on - day).days <= 90
            rows.append((f"a{account}", day, churned_on, random.normal() - skill * near, random.normal()))
    schema = {
        "account_id": pl.String,
        "scored_on": pl.Date,
        "churned_on": pl.Date,
        "use": pl.Float64,
        "noise": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def trained(rows: pl.DataFrame, policy: TrainingPolicy = POLICY) -> Training:
    features = [name for name in rows.columns if name not in ("account_id", "scored_on", "churned_on")]
    return train(rows, features, on=FIRST + timedelta(days=540), policy=policy)


def test_a_day_whose_horizon_is_not_over_has_no_outcome_to_learn_from() -> None:
    rows = company(20, skill=1.0)
    on = date(2025, 1, 1)
    examples = known_examples(rows, ["use"], on=on, horizon_days=90, history_days=100)
    assert examples.last_day + timedelta(days=90) < on
    assert examples.first_day >= on - timedelta(days=91 + 100)
    later = rows.with_columns(
        churned_on=pl.when(pl.col("churned_on") >= on).then(None).otherwise(pl.col("churned_on"))
    )
    as_known_then = known_examples(later, ["use"], on=on, horizon_days=90, history_days=100)
    assert (as_known_then.churned == examples.churned).all()


def test_what_predicts_leaving_is_learned_and_is_calibrated_on_days_it_has_not_seen() -> None:
    result = trained(company(600, skill=1.5))
    assert result.refused_because is None
    assert result.evaluation is not None and result.fitted is not None
    assert result.evaluation.auc > 0.8
    low, high = result.evaluation.auc_interval
    assert low < result.evaluation.auc < high
    assert abs(result.evaluation.mean_predicted - result.evaluation.base_rate) < 0.03
    assert result.fitted.coefficients[0] < -0.5
    assert abs(result.fitted.coefficients[1]) < 0.2


def test_what_became_of_accounts_after_the_test_began_is_not_learned_before_it() -> None:
    """Marked accounts all leave early in the test, so its days would be foretold by their last ones before it."""
    on = FIRST + timedelta(days=540)
    test_from = on - timedelta(days=POLICY.horizon_days + POLICY.test_days)
    rows = company(600, skill=0.0)
    leaving = pl.col("churned_on").is_between(test_from, test_from + timedelta(days=POLICY.horizon_days))
    result = trained(rows.with_columns(marked=pl.when(leaving).then(1.0).otherwise(0.0)))
    assert result.evaluation is not None
    assert result.evaluation.auc < 0.5


def test_noise_is_reported_as_no_skill_and_not_used() -> None:
    result = trained(company(600, skill=0.0))
    assert result.refused_because is not None
    assert result.refused_because.startswith("no skill on later days")
    assert result.evaluation is not None


def test_with_fewer_than_fifty_that_left_nothing_is_trained() -> None:
    result = trained(company(60, skill=3.0))
    assert result.churned_accounts < 50
    assert result.fitted is None
    assert "fewer than 50" in (result.refused_because or "")


def test_a_feature_that_is_never_known_changes_nothing_and_an_unknown_value_is_the_mean() -> None:
    rows = company(400, skill=1.5)
    without, with_it = trained(rows), trained(rows.with_columns(empty=pl.lit(None, dtype=pl.Float64)))
    assert without.fitted is not None and with_it.fitted is not None
    assert with_it.fitted.coefficients[:2] == pytest.approx(without.fitted.coefficients, abs=1e-6)
    unknown = without.fitted.probabilities(np.array([[np.nan, np.nan], without.fitted.means]))
    assert unknown[0] == pytest.approx(unknown[1])


def test_a_model_is_due_for_each_month_once_and_always_the_same() -> None:
    rows = company(400, skill=1.5)
    policies = [vars(POLICY) | {"valid_from": date(1900, 1, 1), "walk_forward_months": 2}]
    as_of = FIRST + timedelta(days=539)
    months = due_months(as_of, policies, [])
    assert months == [date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)]
    assert due_months(as_of, policies, months[:2]) == months[2:]
    made = trained_models(rows, policies, months)
    again = trained_models(rows.sample(fraction=1.0, shuffle=True, seed=3), policies, months[2:])
    assert again.rows() == made[2:].rows()
    assert trained_models(rows.clear(), policies, months).schema == pl.Schema(SCHEMA)
    assert due_months(None, policies, []) == []


def test_the_card_of_a_refused_model_says_why() -> None:
    row = dict.fromkeys(SCHEMA) | {
        "model_version": "churn-2025-01-01", "trained_on": date(2025, 1, 1), "is_used": False, "auc": None,
        "refused_because": "12 accounts left", "training_rows": 100, "churned_accounts": 12,
    }  # fmt: skip
    told = card(row, [])
    assert "Not in use: 12 accounts left. The flags speak instead." in told


@pytest.mark.parametrize(("file", "least"), [("wa_churn", 0.83), ("mlc_churn", 0.90)])
def test_the_harness_finds_what_is_known_to_be_in_public_churn_tables(file: str, least: float) -> None:
    """Customers without dates: shuffled over two years, so that the later are tested by the earlier."""
    path = TELCO / f"{file}.csv"
    if not path.exists():
        pytest.skip("the public churn tables are not beside the repository")
    table = pl.read_csv(path, null_values=["NA"]).sample(fraction=1.0, shuffle=True, seed=5)
    churned = table["churn"].cast(pl.String).str.to_lowercase() == "yes"
    given = table.drop(
        "churn", "rownames", *(name for name in ("state", "area_code") if name in table.columns)
    )
    words = [name for name, dtype in given.schema.items() if dtype == pl.String]
    numbers = given.to_dummies(words, drop_first=True).fill_null(0).cast(pl.Float64).to_numpy()
    if file == "mlc_churn":  # what drives churn there are thresholds and products of two
        bent = SplineTransformer(n_knots=3, degree=1).fit_transform(numbers)
        numbers = PolynomialFeatures(2, include_bias=False, interaction_only=True).fit_transform(bent)
    offsets = np.linspace(0, 729, len(table)).astype(int)
    days = [FIRST + timedelta(days=int(offset)) for offset in offsets]
    left = [day + timedelta(days=1) if gone else None for day, gone in zip(days, churned, strict=True)]
    rows = pl.DataFrame(numbers, schema=[f"x{number}" for number in range(numbers.shape[1])]).with_columns(
        account_id=pl.Series([str(number) for number in range(len(table))]),
        scored_on=pl.Series(days, dtype=pl.Date),
        churned_on=pl.Series(left, dtype=pl.Date),
    )
    features = [name for name in rows.columns if name.startswith("x")]
    policy = TrainingPolicy(**{**vars(POLICY), "horizon_days": 2, "calibration_days": 73, "test_days": 146})
    result = train(rows, features, on=days[-1] + timedelta(days=3), policy=policy)
    assert result.evaluation is not None
    assert result.evaluation.auc >= least
    assert result.evaluation.mean_predicted == pytest.approx(result.evaluation.base_rate, abs=0.03)
