"""How well churn risk knows who leaves the simulated company, beside what its hidden truth would allow.

`python -m bench.churn_risk [--accounts 1000] [--months 18]` simulates, runs the whole pipeline, and compares.
Or `--home HOME --truth TRUTH` for a home that was filled from a drop folder with a known truth.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
from sklearn.metrics import roc_auc_score

from simulator.drop_folder import write

END = date(2026, 10, 31)
ROOT = Path(__file__).resolve().parents[1]
# Each day a model spoke of and whose horizon is over, with what came, and what was true on it.
_DAYS = """
with churned as (select account_id, churned_on from snapshot.marts.dim_accounts),

days as (
    select
        risks.account_id,
        risks.date,
        risks.risk,
        risks.model_version,
        coalesce(churned.churned_on <= risks.date + 90, false) as churns,
        truth.churn_hazard,
        truth.has_decided_to_leave
    from snapshot.marts.fct_churn_risk_daily as risks
    inner join churned using (account_id)
    inner join truth using (account_id, date)
    where (risks.date - date '2000-01-03') % 9 = 0 and truth.is_active
)
"""


def _filled_home(folder: Path, accounts: int, months: int) -> tuple[Path, Path]:
    write(folder / "drop", accounts=accounts, months=months, end=END, truth=folder / "truth")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIERLINE_")}
    environment |= {"TIERLINE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
    subprocess.run(  # noqa: S603 - our own command
        [
            sys.executable,
            "-m",
            "orchestration.run",
            "--data",
            str(folder / "drop"),
            "--as-of",
            END.isoformat(),
        ],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "home", folder / "truth"


def _report(home: Path, truth: Path) -> str:
    connection = duckdb.connect()
    snapshot = (home / "published" / "current.duckdb").resolve()
    connection.execute(f"attach '{snapshot}' as snapshot (read_only)")
    connection.execute(f"create view truth as from '{truth}/account_days/*.parquet'")
    lines = [f"{'model':<18} {'AUC':>5} {'95 %':>12} {'predicted':>10} {'came':>6} {'lift':>5} {'lead':>8}\n"]
    for row in connection.execute(
        "select model_version, auc, auc_low, auc_high, mean_predicted, base_rate, top_decile_lift, lead_days"
        " from snapshot.marts.rpt_churn_models where is_used order by trained_on"
    ).fetchall():
        version, auc, low, high, predicted, came, lift, lead = row
        lead_days = "-" if lead is None else f"{lead:.0f} d"
        lines.append(
            f"{version:<18} {auc:>5.2f} {low:>5.2f}-{high:<6.2f} {predicted:>10.1%} {came:>6.1%} {lift:>5.1f}"
            f" {lead_days:>8}\n"
        )
    return "".join([*lines, _against_truth(connection)])


def _against_truth(connection: duckdb.DuckDBPyConnection) -> str:
    """What came after days on which a model spoke, and how it ranks the undecided by their true hazard."""
    told = connection.execute(
        f"{_DAYS} select risk, churns, churn_hazard, has_decided_to_leave from days"
        " where model_version is not null and date + 90 <= (select as_of from snapshot.meta.snapshot)"
    ).fetchnumpy()
    lines = []
    if len(told["risk"]) and 0 < told["churns"].sum() < len(told["churns"]):
        # Who has decided leaves for certain; of the others, the hazard of that day is all there is to know.
        known = np.where(told["has_decided_to_leave"], 1.0, told["churn_hazard"])
        lines += [
            f"live, {len(told['risk']):,} account days whose 90 days are over:\n",
            f"  AUC of the risk              {roc_auc_score(told['churns'], told['risk']):.2f}\n",
            f"  AUC of the hidden truth      {roc_auc_score(told['churns'], known):.2f}\n",
            f"  predicted {told['risk'].mean():.1%}, came {told['churns'].mean():.1%}\n",
        ]
    agreement = connection.execute(
        f"{_DAYS}, ranked as ("
        " select rank() over (order by risk) as ours, rank() over (order by churn_hazard) as theirs"
        " from days where model_version is not null and not has_decided_to_leave"
        ") select corr(ours, theirs) from ranked"
    ).fetchone()
    if agreement and agreement[0] is not None:
        lines.append(f"  rank correlation with the true hazard of the undecided: {agreement[0]:.2f}\n")
    return "".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.churn_risk", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--truth", type=Path)
    given = parser.parse_args()
    if given.home and given.truth:
        sys.stdout.write(_report(given.home, given.truth))
        return 0
    with tempfile.TemporaryDirectory(prefix="tierline-bench-") as folder:
        sys.stdout.write(_report(*_filled_home(Path(folder), given.accounts, given.months)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
