"""The asset `churn_models`: a folder per version of the churn model, and a check of drift.

The models themselves are trained and used within the build (ADR 11); this keeps them where people find them.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    MetadataValue,
    RetryPolicy,
    multi_asset,
)

from assets.days import BY_DAY, DAYS
from assets.published import PUBLISHED
from assets.resources import WAREHOUSE_POOL, Workplace
from assets.risk.card import Row, card
from assets.telling import telling
from warehouse.snapshots import current, open_snapshot

CHURN_MODELS = AssetKey(["churn_models"])
DRIFT = "drift"


def churn_models(*, retry_policy: RetryPolicy) -> AssetsDefinition:
    @multi_asset(
        name="keep_churn_models",
        specs=[
            AssetSpec(
                CHURN_MODELS,
                group_name="publish",
                deps=[PUBLISHED],
                description="`models/churn/<version>/`: parameters, data window and card of each model.",
            )
        ],
        check_specs=[
            AssetCheckSpec(
                DRIFT,
                asset=CHURN_MODELS,
                description="Whether today's accounts still look like those the model learned from.",
            )
        ],
        partitions_def=DAYS,
        backfill_policy=BY_DAY,
        retry_policy=retry_policy,
        pool=WAREHOUSE_POOL,
    )
    def keep_churn_models(context: AssetExecutionContext, workplace: Workplace) -> Iterator[Any]:
        with open_snapshot(current(workplace.home)) as snapshot:
            models = _rows(snapshot, "marts.rpt_churn_models")
            drift = _rows(snapshot, "marts.rpt_churn_model_drift")
        for model in models:
            keep(workplace.home.churn_models, model, drift)
        told = sentence(models)
        telling(context.log)(told)
        yield MaterializeResult(
            metadata={
                "model": told,
                **({"card": MetadataValue.md(card(models[-1], drift))} if models else {}),
            },
            check_results=[check_result(drift)],
        )

    return keep_churn_models


def keep(folder: Path, model: Row, drift: Sequence[Row]) -> None:
    """Write a version's folder. The model never changes; its card does, with drift, while it speaks."""
    place = folder / model["model_version"]
    place.mkdir(parents=True, exist_ok=True)
    mine = [each for each in drift if each["model_version"] == model["model_version"]]
    content = {
        **{name: value for name, value in model.items() if name not in ("calibration", "parameters")},
        "calibration": json.loads(model["calibration"] or "null"),
        "parameters": json.loads(model["parameters"] or "null"),
    }
    if mine or not (place / "card.md").exists():
        (place / "card.md").write_text(card(model, mine), encoding="utf-8")
    (place / "model.json").write_text(json.dumps(content, indent=2, default=str), encoding="utf-8")


def sentence(models: Sequence[Row]) -> str:
    """Which model speaks, or why none does."""
    if not models:
        return "no churn model yet: the flags speak"
    newest = models[-1]
    if not newest["is_used"]:
        return f"no churn model ({newest['refused_because']}): the flags speak"
    return (
        f"{newest['model_version']} speaks: AUC {newest['auc']:.2f}"
        f" ({newest['auc_low']:.2f} to {newest['auc_high']:.2f}) on later days"
    )


def check_result(drift: Sequence[Row]) -> AssetCheckResult:
    """A drifted feature is a warning: the next training mends it, and until then the card says so."""
    drifted = [each for each in drift if each["is_drifted"]]
    named = ", ".join(f"{each['feature']} ({each['stability_index']:.2f})" for each in drifted)
    return AssetCheckResult(
        check_name=DRIFT,
        asset_key=CHURN_MODELS,
        passed=not drifted,
        severity=AssetCheckSeverity.WARN,
        description=f"distributed otherwise than in training: {named}"
        if drifted
        else f"{len(drift)} features as in training"
        if drift
        else "no model speaks",
        metadata={each["feature"]: each["stability_index"] for each in drift},
    )


def _rows(snapshot: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    found = snapshot.execute(f"from {table}")
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
