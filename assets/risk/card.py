"""A churn model's card: what it was made from, how it did on later days, and what it is not good for."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
_LIMITS = """\
- It sees what is recorded, not what is said: an account that leaves for a reason outside the product looks
  well until it goes.
- A weight is what went together with leaving here, not what causes it.
- Who was helped before leaving counts as having stayed: where interventions work, the risk shown to the next
  model is smaller than it would be without them."""


def card(model: Row, drift: Sequence[Row]) -> str:
    """Markdown, from a row of `rpt_churn_models` and, while it speaks, those of `rpt_churn_model_drift`."""
    parts = [f"# {model['model_version']}", _verdict(model), _window(model)]
    if model["auc"] is not None:
        parts += [_test(model), _calibration(model), _weights(model)]
    if drift:
        parts.append(_drift(drift))
    parts.append(f"## Limits\n\n{_LIMITS}")
    return "\n\n".join(parts) + "\n"


def _verdict(model: Row) -> str:
    if model["is_used"]:
        return f"In use from {model['trained_on']}, until the next one is trained."
    return f"Not in use: {model['refused_because']}. The flags speak instead."


def _window(model: Row) -> str:
    days = f"{model['window_from']} to {model['window_to']}" if model["window_from"] else "none"
    return _table(
        ("data", ""),
        [
            ("trained on the morning of", model["trained_on"]),
            ("days learned from", days),
            ("account days", f"{model['training_rows']:,}"),
            ("accounts that left", f"{model['churned_accounts']:,}"),
            ("policy version", model["policy_valid_from"]),
        ],
    )


def _test(model: Row) -> str:
    lead = "none" if model["lead_days"] is None else f"{model['lead_days']:.0f} days"
    early = "unknown" if model["early_auc"] is None else f"{model['early_auc']:.2f}"
    rows = [
        ("days tested", f"{model['test_from']} to {model['test_to']}"),
        ("accounts that left within the test", f"{model['test_churned_accounts']:,}"),
        ("AUC", f"{model['auc']:.2f} (95 % interval {model['auc_low']:.2f} to {model['auc_high']:.2f})"),
        ("AUC without those that left within a third of the horizon", early),
        ("base rate", f"{model['base_rate']:.1%}"),
        ("mean predicted risk", f"{model['mean_predicted']:.1%}"),
        ("Brier score", f"{model['brier']:.4f}"),
        ("lift of the riskiest tenth", f"{model['top_decile_lift']:.1f}"),
        ("share of churn in the riskiest tenth", f"{model['top_decile_recall']:.0%}"),
        ("median lead time from the riskiest tenth", lead),
        ("accounts that left which were there", f"{model['warned_share']:.0%}"),
    ]
    told = (
        "What would have been trained on the first day of the test, with what was known then, on the days"
        " that followed:"
    )
    return "## Test on later days\n\n" + told + "\n\n" + _table(("measure", "value"), rows)


def _calibration(model: Row) -> str:
    tenths = json.loads(model["calibration"])
    rows = [(f"{each['predicted']:.1%}", f"{each['observed']:.1%}", f"{each['rows']:,}") for each in tenths]
    return "## Calibration\n\n" + _table(("predicted", "observed", "account days"), rows)


def _weights(model: Row) -> str:
    """The heaviest first; a weight is of one standard deviation, in log odds."""
    parameters = sorted(json.loads(model["parameters"]), key=lambda each: -abs(each["coefficient"]))
    rows = [
        (each["feature"], f"{each['coefficient']:+.2f}", f"{each['mean']:.3f}", f"{each['scale']:.3f}")
        for each in parameters
    ]
    return "## Features\n\n" + _table(("feature", "weight", "mean", "deviation"), rows)


def _drift(drift: Sequence[Row]) -> str:
    rows = [
        (each["feature"], f"{each['stability_index']:.2f}", "yes" if each["is_drifted"] else "no")
        for each in drift
    ]
    title = (
        f"## Drift on {drift[0]['as_of']}\n\nPopulation stability index of the last week against training."
    )
    return title + "\n\n" + _table(("feature", "index", "drifted"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
