"""Train a churn model as of a day, test it as it would have done, and say whether it is to be believed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from assets.risk.distribution import FeatureBin, distribution
from assets.risk.examples import Examples, TooFewExamplesError, TrainingPolicy, known_examples

if TYPE_CHECKING:
    from assets.risk.evaluation import Evaluation
    from assets.risk.fitting import Fitted


@dataclass(frozen=True)
class Training:
    """What came of one training. `refused_because` is None when the model is to be used."""

    trained_on: date
    features: list[str]
    window: tuple[date, date] | None
    rows: int
    churned_accounts: int
    fitted: "Fitted | None" = None
    bins: list[FeatureBin] | None = None
    evaluation: "Evaluation | None" = None
    test_window: tuple[date, date] | None = None
    refused_because: str | None = None

    @property
    def version(self) -> str:
        return f"churn-{self.trained_on.isoformat()}"


def train(rows: pl.DataFrame, features: list[str], *, on: date, policy: TrainingPolicy) -> Training:
    """A model as it could be trained on the morning of `on`, with what had become of accounts by then."""
    examples = known_examples(
        rows, features, on=on, horizon_days=policy.horizon_days, history_days=policy.history_days
    )
    training = Training(
        trained_on=on,
        features=features,
        window=(examples.first_day, examples.last_day) if len(examples) else None,
        rows=len(examples),
        churned_accounts=examples.churned_accounts,
    )
    if training.churned_accounts < policy.minimum_churned:
        return _refused(
            training,
            f"{training.churned_accounts} accounts left in the window, and fewer than"
            f" {policy.minimum_churned} teach nothing reliable",
        )
    try:
        return _judged(training, examples, policy)
    except TooFewExamplesError:
        return _refused(training, "the time before the test has too few accounts that left, or that stayed")


def _judged(training: Training, examples: Examples, policy: TrainingPolicy) -> Training:
    """Test what would have been trained when the test's days began, then train on everything."""
    # scikit-learn takes seconds to import, and a young company has too few who left to need it.
    from assets.risk.evaluation import evaluate  # noqa: PLC0415
    from assets.risk.fitting import fit  # noqa: PLC0415

    test_from = examples.last_day - timedelta(days=policy.test_days - 1)
    test = examples.since(test_from)
    # What became of later days was not known on the first day of the test.
    earlier = examples.before(test_from - timedelta(days=policy.horizon_days))
    if not len(earlier) or not 0 < test.churned.sum() < len(test):
        raise TooFewExamplesError("nothing to test with")
    evaluation = evaluate(
        test,
        fit(earlier, policy).probabilities(test.values),
        horizon_days=policy.horizon_days,
        resamples=policy.resamples,
    )
    low, high = evaluation.auc_interval
    judged = Training(
        **{
            **vars(training),
            "fitted": fit(examples, policy),
            "bins": distribution(examples.values, training.features),
            "evaluation": evaluation,
            "test_window": (test.first_day, test.last_day),
        }
    )
    if low <= policy.minimum_auc_lower:
        return _refused(
            judged,
            f"no skill on later days: AUC {evaluation.auc:.2f} ({low:.2f} to {high:.2f}), the lower end has"
            f" to be above {policy.minimum_auc_lower:.2f}",
        )
    return judged


def _refused(training: Training, because: str) -> Training:
    return Training(**{**vars(training), "refused_because": because})
