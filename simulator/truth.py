"""The truth: what really went on, and the same company without automation. The warehouse never reads it.

Both companies draw the same random numbers for the same accounts, people and days, so they are equal until
an action is delivered, and differ afterwards only by what actions do.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from simulator import catalogue
from simulator.company import Company, Day
from simulator.contracts import Hazards
from simulator.health import probability
from simulator.ledger import NONE, dates
from simulator.people import NEVER
from simulator.scenario import to_date


class Truth:
    """Follows a company day by day beside its counterfactual; a file of account days per month."""

    def __init__(self, company: Company, folder: Path) -> None:
        self._company, self._folder = company, folder
        self.counterfactual = Company(replace(company.scenario, automation="none"), watched=False)
        self._days: list[pl.DataFrame] = []
        (folder / "account_days").mkdir(parents=True, exist_ok=True)

    def step(self, seen: Day) -> None:
        other = self.counterfactual.step(seen.day, [])
        self._days.append(self._day(seen.day, seen.hazards, other.hazards))
        if to_date(seen.day + 1).day == 1:
            self._flush()

    def _day(self, day: int, hazards: Hazards, other: Hazards) -> pl.DataFrame:
        company, twin = self._company, self.counterfactual
        rows = np.flatnonzero(company.portfolio.start_day <= day)
        return pl.DataFrame(
            {
                "account": rows.astype(np.int32),
                "date": np.full(len(rows), day, dtype=np.int32),
                "is_active": company.contracts.active[rows],
                "has_decided_to_leave": company.contracts.decided_day[rows] <= day,
                "health": probability(company.health.value[rows]).astype(np.float32),
                "churn_hazard": hazards.churn[rows].astype(np.float32),
                "churn_multiplier": company.influence.churn(day, company.health.value)[rows].astype(
                    np.float32
                ),
                "expansion_hazard": hazards.expansion[rows].astype(np.float32),
                "adoption": company.adoption.depth()[rows].astype(np.float32),
                "csm_load": company.desk.overload()[rows].astype(np.float32),
                "counterfactual_is_active": twin.contracts.active[rows],
                "counterfactual_health": probability(twin.health.value[rows]).astype(np.float32),
                "counterfactual_churn_hazard": other.churn[rows].astype(np.float32),
            }
        )

    def _flush(self) -> None:
        if not self._days:
            return
        frame = pl.concat(self._days)
        ids = pl.Series(self._company.account_ids)
        month = to_date(int(frame["date"][-1])).isoformat()[:7]
        frame = frame.with_columns(account=ids.gather(frame["account"]), date=pl.col("date").cast(pl.Date))
        frame.rename({"account": "account_id"}).write_parquet(
            self._folder / "account_days" / f"{month}.parquet", compression="zstd"
        )
        self._days = []

    def close(self) -> None:
        """Write what is known at the end: accounts, shocks, effects of actions, AI answers, the settings."""
        self._flush()
        company, folder = self._company, self._folder
        self._accounts().write_parquet(folder / "accounts.parquet")
        self._shocks().write_parquet(folder / "shocks.parquet")
        ids = company.account_ids
        applied = [
            asdict(each)
            | {
                "account": ids[each.account],
                "from_day": to_date(each.from_day),
                "until_day": to_date(each.until_day),
            }
            for each in company.influence.applied
        ]
        schema: dict[str, Any] = {
            "action_id": pl.String, "account": pl.String, "kind": pl.String, "from_day": pl.Date,
            "until_day": pl.Date, "multiplier": pl.Float64,
        }  # fmt: skip
        names = {"account": "account_id", "from_day": "from_on", "until_day": "until_on"}
        pl.DataFrame(applied, schema=schema).rename(names).write_parquet(folder / "action_effects.parquet")
        company.ledger.frame("ai_answers").write_parquet(folder / "ai_answers.parquet")
        (folder / "effects.json").write_text(company.scenario.effects.to_json(), encoding="utf-8")
        setting = asdict(company.scenario)
        del setting["effects"]
        dates_ = {"first_on": company.scenario.first_day, "live_on": company.scenario.live_day}
        setting |= {name: to_date(day).isoformat() for name, day in dates_.items()}
        (folder / "scenario.json").write_text(json.dumps(setting, indent=2, default=str), encoding="utf-8")

    def _accounts(self) -> pl.DataFrame:
        company, twin = self._company, self.counterfactual
        who, today = company.portfolio, company.today

        def known(days: np.ndarray) -> pl.Series:
            return dates(np.where((days < NEVER) & (days <= today), days, NONE))

        return pl.DataFrame(
            {
                "account_id": company.account_ids,
                "segment": [catalogue.SEGMENTS[each] for each in who.segment],
                "usage_type": [catalogue.USAGE_TYPES[each] for each in who.usage_type],
                "health_level": probability(company.health.level),
                "responsiveness": who.responsiveness,
                "has_bot": who.has_bot,
                "is_held_out": company.standing.held_out,
                "joined_on": dates(who.start_day),
                "decided_on": known(company.contracts.decided_day),
                "churned_on": known(company.contracts.churn_day),
                "counterfactual_decided_on": known(twin.contracts.decided_day),
                "counterfactual_churned_on": known(twin.contracts.churn_day),
            }
        ).filter(pl.col("joined_on") <= to_date(today))

    def _shocks(self) -> pl.DataFrame:
        company = self._company
        ids = company.account_ids
        rows = [
            (to_date(day), ids[account], name, effect)
            for day, accounts, name, effect in company.health.shocks
            for account in accounts.tolist()
        ]
        schema: dict[str, Any] = {
            "date": pl.Date, "account_id": pl.String, "shock": pl.String,
            "effect_on_logit_health": pl.Float64,
        }  # fmt: skip
        return pl.DataFrame(rows, schema=schema, orient="row")
