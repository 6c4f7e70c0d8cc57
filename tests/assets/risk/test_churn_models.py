"""What is kept of a churn model, and what the check on its drift says."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from dagster import AssetCheckSeverity

from assets.churn_models import check_result, keep, sentence
from assets.risk.walk_forward import SCHEMA

MODEL: dict[str, Any] = dict.fromkeys(SCHEMA) | {
    "model_version": "churn-2025-01-01", "trained_on": date(2025, 1, 1), "is_used": False, "training_rows": 100,
    "churned_accounts": 12, "refused_because": "12 accounts left", "auc": None,
    "calibration": None, "window_from": date(2023, 1, 1), "window_to": date(2024, 9, 30),
}  # fmt: skip


def drift(
    feature: str, index: float, *, is_drifted: bool, version: str = "churn-2025-01-01"
) -> dict[str, Any]:
    return {
        "model_version": version, "feature": feature, "stability_index": index, "is_drifted": is_drifted,
        "as_of": date(2025, 1, 31),
    }  # fmt: skip


def test_a_drifted_feature_is_a_warning_that_names_it_and_none_passes() -> None:
    warned = check_result([drift("nps", 0.31, is_drifted=True), drift("tenure", 0.02, is_drifted=False)])
    assert (warned.passed, warned.severity) == (False, AssetCheckSeverity.WARN)
    assert warned.description == "distributed otherwise than in training: nps (0.31)"
    assert check_result([drift("tenure", 0.02, is_drifted=False)]).passed
    silent = check_result([])
    assert (silent.passed, silent.description) == (True, "no model speaks")


def test_each_version_keeps_its_data_window_for_good_and_its_card_follows_the_drift(tmp_path: Path) -> None:
    keep(tmp_path, MODEL, [])
    keep(tmp_path, MODEL | {"model_version": "churn-2025-02-01", "trained_on": date(2025, 2, 1)}, [])
    assert sorted(place.name for place in tmp_path.iterdir()) == ["churn-2025-01-01", "churn-2025-02-01"]
    kept = json.loads((tmp_path / "churn-2025-01-01" / "model.json").read_text())
    assert (kept["window_from"], kept["window_to"]) == ("2023-01-01", "2024-09-30")
    card = tmp_path / "churn-2025-01-01" / "card.md"
    before = card.read_text()
    assert "2023-01-01 to 2024-09-30" in before
    keep(tmp_path, MODEL, [drift("nps", 0.31, is_drifted=True, version="another")])
    assert card.read_text() == before
    keep(tmp_path, MODEL, [drift("nps", 0.31, is_drifted=True)])
    assert "nps" in card.read_text()


def test_which_model_speaks_or_why_none_does_is_said_in_a_sentence() -> None:
    used = MODEL | {"is_used": True, "auc": 0.812, "auc_low": 0.75, "auc_high": 0.86}
    assert sentence([MODEL, used]) == "churn-2025-01-01 speaks: AUC 0.81 (0.75 to 0.86) on later days"
    assert sentence([used, MODEL]) == "no churn model (12 accounts left): the flags speak"
    assert sentence([]) == "no churn model yet: the flags speak"
