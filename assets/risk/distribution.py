"""How the features were distributed in training: what today is held against to see drift."""

from dataclasses import dataclass

import numpy as np

from assets.risk.examples import Floats

_QUANTILES = np.linspace(0, 1, 11)[1:-1]


@dataclass(frozen=True)
class FeatureBin:
    """A range of a feature's values, `lower` <= value < `upper` (None: open), or its unknown ones."""

    feature: str
    bin: int
    lower: float | None
    upper: float | None
    is_unknown: bool
    share: float


def distribution(values: Floats, features: list[str]) -> list[FeatureBin]:
    """Tenths of each feature's known values (fewer where many are equal), and the share of unknown ones."""
    bins = []
    for column, feature in enumerate(features):
        known = values[~np.isnan(values[:, column]), column]
        unknown = 1 - len(known) / len(values)
        bins.append(FeatureBin(feature, 0, None, None, True, unknown))
        edges = np.unique(np.quantile(known, _QUANTILES)) if len(known) else np.array([])
        counts = np.bincount(np.searchsorted(edges, known, side="right"), minlength=len(edges) + 1)
        bounds = [None, *edges.tolist(), None]
        for number, count in enumerate(counts.tolist()):
            share = count / len(values)
            bins.append(FeatureBin(feature, number + 1, bounds[number], bounds[number + 1], False, share))
    return bins
