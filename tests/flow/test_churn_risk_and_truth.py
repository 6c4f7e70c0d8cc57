"""Churn risk of a simulated company against what is true of it: rank, calibration and lead time on days nobody trained on."""

from dataclasses import dataclass

import duckdb
import numpy as np
import pytest
from companies import END, simulate, write
from numpy.typing import NDArray
from running import build
from sklearn.metrics import roc_auc_score

from warehouse.home import Home

pytestmark = pytest.mark.slow

HORIZON_DAYS = 90
# One day in so many is looked at, as neighbouring days say the same.
EVERY_DAYS = 9


@dataclass(frozen=True)
class Told:
    """A company's home, with a view `truth` of what is true of each account and day."""

    warehouse: duckdb.DuckDBPyConnection

    def columns(self, query: str) -> dict[str, NDArray[np.generic]]:
        return self.warehouse.execute(query).fetchnumpy()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """A year and a half of 500 accounts: enough leave for models to be trained and believed."""
    folder = tmp_path_factory.mktemp("risk")
    company = simulate(folder / "simulated", accounts=500, months=18, intensity=0.05, truth=folder / "truth")
    home = Home(folder / "home")
    drop = write(company, folder / "drop")
    build(home, drop, END, "--select", "+rpt_churn_models", "+fct_churn_risk_daily", "risk_bands")
    warehouse = duckdb.connect(str(home.warehouse), read_only=True)
    warehouse.execute(f"create temp view truth as from '{folder / 'truth'}/account_days/*.parquet'")
    return Told(warehouse)


@pytest.fixture(scope="module")
def outcomes(told: Told) -> dict[str, NDArray[np.generic]]:
    """Days on which a model spoke and whose horizon is over: the risk it told, what came, and who had known it."""
    days = told.columns(
        f"""
        select
            risks.risk,
            coalesce(accounts.churned_on <= risks.date + {HORIZON_DAYS}, false) as churns,
            -- who has decided leaves for certain; of the others the hazard of that day is all there is to know
            case when truth.has_decided_to_leave then 1 else truth.churn_hazard end as known
        from marts.fct_churn_risk_daily as risks
        inner join intermediate.int_accounts as accounts using (account_id)
        inner join truth using (account_id, date)
        where risks.model_version is not null
            and truth.is_active
            and risks.date + {HORIZON_DAYS} <= date '{END}'
            and (risks.date - date '2000-01-03') % {EVERY_DAYS} = 0
        """
    )
    assert len(days["risk"]) > 1_000
    assert days["churns"].sum() > 50
    return days


def test_risk_ranks_accounts_more_than_half_as_well_as_whoever_knew_the_truth(
    outcomes: dict[str, NDArray[np.generic]],
) -> None:
    """Skill is what an AUC has above chance. The truth's own is no 1: the undecided still may or may not leave."""
    ours = roc_auc_score(outcomes["churns"], outcomes["risk"])
    best = roc_auc_score(outcomes["churns"], outcomes["known"])
    assert 0.85 < best < 1
    assert ours >= 0.68
    assert (ours - 0.5) / (best - 0.5) > 0.5


def test_as_many_leave_as_was_predicted_and_more_where_more_was(
    outcomes: dict[str, NDArray[np.generic]],
) -> None:
    risk, churns = outcomes["risk"].astype(float), outcomes["churns"].astype(float)
    assert risk.mean() == pytest.approx(churns.mean(), rel=0.35)
    fifths = np.array_split(np.argsort(risk, kind="stable"), 5)
    predicted = np.array([risk[part].mean() for part in fifths])
    came = np.array([churns[part].mean() for part in fifths])
    assert predicted == pytest.approx(came, abs=0.035)
    assert came[0] < 0.5 * churns.mean()
    assert came[-1] > 1.7 * churns.mean()


def test_risk_of_who_has_not_decided_yet_follows_their_true_hazard(told: Told) -> None:
    [[agreement]] = told.warehouse.execute(
        f"""
        with ranked as (
            select
                rank() over (order by risks.risk) as ours,
                rank() over (order by truth.churn_hazard) as theirs
            from marts.fct_churn_risk_daily as risks
            inner join truth using (account_id, date)
            where risks.model_version is not null
                and truth.is_active
                and not truth.has_decided_to_leave
                and (risks.date - date '2000-01-03') % {EVERY_DAYS} = 0
        )

        select corr(ours, theirs) from ranked
        """
    ).fetchall()
    assert agreement > 0.4


def test_half_of_those_that_leave_stood_out_for_weeks_before_as_far_as_that_can_be_known(told: Told) -> None:
    """Alert: the day's riskiest tenth. Lead time: from the first alert that was sustained (three of four days from
    then on) to leaving; of who a model had spoken of for 45 days. Beside it, what whoever knew the truth had said.
    """
    leavers, warned, lead_days = _leads(told, "risks.risk")
    _, knowable, knowable_days = _leads(
        told, "case when truth.has_decided_to_leave then 1 else truth.churn_hazard end"
    )
    assert leavers >= 10
    assert warned >= 0.45 * leavers
    assert warned >= 0.5 * knowable
    assert lead_days >= max(28, 0.5 * knowable_days)
    # one in ten stands there by chance
    assert _leads(told, "hash(risks.account_id)")[1] <= 0.2 * leavers


def _leads(told: Told, rank_by: str) -> tuple[int, int, float]:
    """How many left, how many of them there was a sustained alert of, and the median lead time of these."""
    [[leavers, warned, lead_days]] = told.warehouse.execute(
        f"""
        with ranked as (
            select
                risks.account_id,
                risks.date,
                accounts.churned_on,
                percent_rank() over (partition by risks.date order by {rank_by}) >= 0.9 as is_alert
            from marts.fct_churn_risk_daily as risks
            inner join intermediate.int_accounts as accounts using (account_id)
            inner join truth using (account_id, date)
            where risks.model_version is not null
        ),

        sustained as (
            select
                *,
                avg(is_alert::int) over (partition by account_id order by date desc) >= 0.75 and is_alert as holds,
                min(date) over (partition by account_id) <= churned_on - 45 as is_known_for_long
            from ranked where date < churned_on
        ),

        leads as (
            select account_id, max(churned_on - date) filter (where holds) as lead_days
            from sustained where is_known_for_long
            group by account_id
        )

        select count(*), count(lead_days), median(lead_days) from leads
        """
    ).fetchall()
    return leavers, warned, float(lead_days or 0)


def test_models_are_used_only_with_enough_that_left_and_tell_how_they_did(told: Told) -> None:
    cards = told.columns("from marts.rpt_churn_models order by trained_on")
    used = cards["is_used"].astype(bool)
    assert used.any()
    assert not used.all()
    assert (cards["churned_accounts"][used] >= 50).all()
    assert (cards["auc_low"][used] > 0.55).all()
    spoken = told.columns(
        "select distinct model_version from marts.fct_churn_risk_daily where model_version is not null"
    )
    assert set(spoken["model_version"]) <= set(cards["model_version"][used])
