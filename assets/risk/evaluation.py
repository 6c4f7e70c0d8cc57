"""How good a churn model is on days, and outcomes, that it has not seen."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from assets.risk.examples import Bools, Examples, Floats

_SEED = 20_000_101
_INTERVAL = (2.5, 97.5)
_BINS = 10


@dataclass(frozen=True)
class Bin:
    """A tenth of the test's rows, by predicted risk: what was predicted, and what came."""

    rows: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Evaluation:
    """Measures of the test, with 95 % intervals where they are pairs.

    `lead_days`: median days from the first test day on which an account that left was, and stayed, in the
    riskiest tenth, to its leaving; None when none of them was. `early_auc`: the AUC without those that left
    within a third of the horizon.
    """

    rows: int
    accounts: int
    churned_accounts: int
    base_rate: float
    auc: float
    auc_interval: tuple[float, float]
    early_auc: float | None
    brier: float
    mean_predicted: float
    calibration: list[Bin]
    top_decile_lift: float
    top_decile_recall: float
    lead_days: float | None
    warned_share: float


def evaluate(examples: Examples, risks: Floats, *, horizon_days: int, resamples: int) -> Evaluation:
    """`risks`: the predicted probability for each row. Both outcomes must be among the rows."""
    churned = examples.churned
    riskiest = risks >= np.quantile(risks, 1 - 1 / _BINS)
    lead_days, warned = _lead(examples, riskiest)
    return Evaluation(
        rows=len(examples),
        accounts=len(np.unique(examples.accounts.astype(str))),
        churned_accounts=examples.churned_accounts,
        base_rate=float(churned.mean()),
        auc=float(roc_auc_score(churned, risks)),
        auc_interval=auc_interval(examples, risks, resamples=resamples),
        early_auc=_early_auc(examples, risks, horizon_days),
        brier=float(brier_score_loss(churned, risks)),
        mean_predicted=float(risks.mean()),
        calibration=_bins(churned, risks),
        top_decile_lift=float(churned[riskiest].mean() / churned.mean()),
        top_decile_recall=float(churned[riskiest].sum() / churned.sum()),
        lead_days=lead_days,
        warned_share=warned,
    )


def auc_interval(examples: Examples, risks: Floats, *, resamples: int) -> tuple[float, float]:
    """95 % interval over resamples of whole accounts: an account's days are no independent witnesses."""
    _, account = np.unique(examples.accounts.astype(str), return_inverse=True)
    count = int(account.max()) + 1
    random = np.random.default_rng(_SEED)
    found = []
    for _ in range(resamples):
        weights = np.bincount(random.integers(0, count, count), minlength=count)[account]
        drawn = weights > 0
        if 0 < (weights * examples.churned).sum() < weights.sum():
            found.append(roc_auc_score(examples.churned[drawn], risks[drawn], sample_weight=weights[drawn]))
    low, high = np.percentile(found, _INTERVAL)
    return float(low), float(high)


def _early_auc(examples: Examples, risks: Floats, horizon_days: int) -> float | None:
    early = ~(examples.days_left <= horizon_days / 3)
    outcomes = examples.churned[early]
    return float(roc_auc_score(outcomes, risks[early])) if 0 < outcomes.sum() < len(outcomes) else None


def _bins(churned: Bools, risks: Floats) -> list[Bin]:
    parts = np.array_split(np.argsort(risks, kind="stable"), _BINS)
    return [
        Bin(len(part), float(risks[part].mean()), float(churned[part].mean())) for part in parts if len(part)
    ]


def _lead(examples: Examples, riskiest: Bools) -> tuple[float | None, float]:
    """Median lead time of the accounts that left, and the share of them that was warned of."""
    leads = []
    leavers = np.unique(examples.accounts[examples.churned].astype(str))
    for account in leavers:
        mine = np.flatnonzero((examples.accounts == account) & examples.churned)
        mine = mine[np.argsort(examples.days[mine])]
        quiet = np.flatnonzero(~riskiest[mine])
        first = quiet[-1] + 1 if len(quiet) else 0
        if first < len(mine):
            leads.append(examples.days_left[mine[first]])
    return (float(np.median(leads)) if leads else None), len(leads) / len(leavers)
