"""The company's tables as its systems would show them at the end of a day; what comes later is not there."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from simulator import catalogue, directory, happened, mailing, seasons
from simulator.draws import Ints
from simulator.ledger import NONE, Schema, choose, column
from simulator.tables import LOGGED, TABLES

if TYPE_CHECKING:
    from simulator.company import Company

SEGMENT_UNKNOWN = 0.05
CSM_ZONES = ("America/New_York", "Europe/London", "Europe/Berlin", "America/Chicago")


def frame(company: "Company", table: str) -> pl.DataFrame:
    if table in LOGGED and table != "survey_responses":
        return happened.rows(company, table)
    makers: dict[str, Callable[[Company], pl.DataFrame]] = {
        "accounts": _accounts,
        "users": _users,
        "features": _features,
        "subscriptions": _subscriptions,
        "opportunities": _opportunities,
        "csms": _csms,
        "code_changes": _code_changes,
        "invoices": _invoices,
        "survey_responses": happened.survey_responses,
    }
    return makers[table](company)


def _typed(schema: Schema, columns: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame({name: column(columns[name], dtype) for name, dtype in schema.items()})


def _known(days: np.ndarray, today: int) -> np.ndarray:
    """Days up to today; later ones have not come."""
    return np.where(days <= today, days, NONE)


def newcomers(company: "Company", table: str, day: int) -> pl.DataFrame:
    """Accounts or users that came on `day`; the scenario's first day has all who came before it, too."""
    since = 0 if day == company.scenario.first_day else day
    is_account = table == "accounts"
    came = company.portfolio.start_day if is_account else company.people.joined // 86400
    here = np.flatnonzero((came >= since) & (came <= day))
    if not len(here):
        return pl.DataFrame(schema=TABLES[table])
    return _accounts(company, here) if is_account else _users(company, here)


def _accounts(company: "Company", here: Ints | None = None) -> pl.DataFrame:
    who, contracts, today = company.portfolio, company.contracts, company.today
    running = contracts.deals.current
    here = np.flatnonzero(who.start_day <= today) if here is None else here
    ids = company.account_ids
    shows = company.draws.uniform("segment known", 0, who.keys[here]) > SEGMENT_UNKNOWN
    segments = choose(catalogue.SEGMENTS, who.segment[here])
    gone = contracts.churn_day <= today
    last = {each.account: each.mrr * 12 for each in contracts.deals.subscriptions}
    columns = {
        "account_id": [ids[i] for i in here],
        "name": [who.names[i] for i in here],
        "domain": [who.domains[i] for i in here],
        "segment": [name if shown else None for name, shown in zip(segments, shows, strict=True)],
        "industry": choose(catalogue.INDUSTRIES, who.industry[here]),
        "employees": who.employees[here],
        "plan": choose(catalogue.PLANS, who.plan[here]),
        "region": [who.region[i] for i in here],
        "csm_id": [f"csm_{who.csm[i] + 1:02d}" for i in here],
        "signed_up_at": company.people.signed_up_at(here),
        "contract_started_on": _known(who.contract_day, today)[here],
        "renewal_on": np.where(gone | (who.contract_day > today), NONE, contracts.renewal_day)[here],
        "arr": [round(running[i].mrr * 12 if i in running else last.get(i, 0.0), 2) for i in here.tolist()],
        "currency": [who.currency[i] for i in here],
        "status": ["churned" if gone[i] else "active" for i in here],
        "churned_on": _known(contracts.churn_day, today)[here],
        "wants_human": who.wants_human[here],
        "has_executive_sponsor": who.has_sponsor[here],
        "parent_account_id": [
            ids[p] if p >= 0 and who.start_day[p] <= today else None for p in who.parent[here]
        ],
        "timezone": [seasons.ZONES[who.zone[i]][0] for i in here],
        "configuration": [
            json.dumps({"single_sign_on": bool(who.single_sign_on[i]), "data_region": who.region[i]})
            for i in here
        ],
    }
    return _typed(TABLES["accounts"], columns)


def _users(company: "Company", rows: Ints | None = None) -> pl.DataFrame:
    people, names, today = company.people, company.names, company.today
    rows = np.arange(len(people)) if rows is None else rows
    account = people.account[rows]
    left = np.minimum(people.left_day[rows], company.contracts.churn_day[account])
    role = people.role[rows]
    columns = {
        "user_id": [names.user_ids[row] for row in rows.tolist()],
        "account_id": [company.account_ids[account] for account in account.tolist()],
        "email": [names.emails[row] for row in rows.tolist()],
        "name": [names.full_names[row] for row in rows.tolist()],
        "role": choose(catalogue.ROLES, role),
        "title": choose(catalogue.TITLES, role),
        "is_champion": people.champion[account] == rows,
        "created_at": people.joined[rows],
        "deactivated_at": np.where(left <= today, left * 86400 + 86399, NONE),
        "is_unsubscribed": mailing.opted_out(people, company.draws, today, rows),
        "is_bounced": mailing.bounced(people, company.draws, today, rows),
    }
    return _typed(TABLES["users"], columns)


def _features(company: "Company") -> pl.DataFrame:
    """One row per feature and plan that has it."""
    rows = [(feature, plan) for feature in catalogue.FEATURES for plan in feature.plans]
    columns = {
        "feature": [feature.name for feature, _ in rows],
        "plan": [plan for _, plan in rows],
        "is_key": [feature.is_key for feature, _ in rows],
        "title": [feature.title for feature, _ in rows],
        "tutorial_url": [f"https://help.product.example/{feature.name}" for feature, _ in rows],
    }
    return _typed(TABLES["features"], columns)


def _subscriptions(company: "Company") -> pl.DataFrame:
    who, rows = company.portfolio, company.contracts.deals.subscriptions
    account = np.array([row.account for row in rows], dtype=np.int64)
    columns = {
        "subscription_id": [f"sub_{number + 1:06d}" for number in range(len(rows))],
        "account_id": [company.account_ids[each] for each in account.tolist()],
        "started_on": [row.started for row in rows],
        "ended_on": _known(np.array([row.ended for row in rows], dtype=np.int64), company.today),
        "mrr": [row.mrr for row in rows],
        "currency": [who.currency[each] for each in account.tolist()],
        "plan": choose(catalogue.PLANS, who.plan[account]),
        "seats": [row.seats for row in rows],
    }
    return _typed(TABLES["subscriptions"], columns)


def _opportunities(company: "Company") -> pl.DataFrame:
    rows, today = company.contracts.deals.opportunities, company.today
    stages = [list(row.stages(today))[-1][1] for row in rows]
    columns = {
        "opportunity_id": [f"opp_{number + 1:06d}" for number in range(len(rows))],
        "account_id": [company.account_ids[row.account] for row in rows],
        "kind": [row.kind for row in rows],
        "stage": stages,
        "amount": [row.amount for row in rows],
        "closes_on": [row.closes for row in rows],
        "created_at": [row.created for row in rows],
        "is_closed": [row.decided <= today for row in rows],
        "is_won": [row.decided <= today and row.is_won for row in rows],
    }
    return _typed(TABLES["opportunities"], columns)


def _csms(company: "Company") -> pl.DataFrame:
    count = company.scenario.csm_count
    given, family = directory.GIVEN_NAMES, directory.FAMILY_NAMES
    pairs = [(given[(5 * n + 3) % len(given)], family[(7 * n + 2) % len(family)]) for n in range(count)]
    columns = {
        "csm_id": [f"csm_{n + 1:02d}" for n in range(count)],
        "name": [f"{first} {last}" for first, last in pairs],
        "email": [f"csm{n + 1:02d}@vendor.example" for n in range(count)],
        "slack_id": [f"U0CSM{n + 1:05d}" for n in range(count)],
        "manager_id": [None if n == 0 else "csm_01" for n in range(count)],
        "hours_per_week": [40.0] * count,
        "hourly_cost": [62.0 + 6.0 * (n % 4) for n in range(count)],
        "timezone": [CSM_ZONES[n % len(CSM_ZONES)] for n in range(count)],
    }
    return _typed(TABLES["csms"], columns)


def _code_changes(company: "Company") -> pl.DataFrame:
    now = (company.today + 1) * 86400
    rows = [each for each in company.knowledge.log if each[0] < now]
    columns = {
        "repository": [catalogue.REPOSITORY] * len(rows),
        "path": [catalogue.FEATURES[path].path for _, path, _ in rows],
        "commit_sha": [commit for *_, commit in rows],
        "committed_at": [second for second, *_ in rows],
    }
    return _typed(TABLES["code_changes"], columns)


def _invoices(company: "Company") -> pl.DataFrame:
    rows, today = company.contracts.deals.invoices, company.today
    columns = {
        "invoice_id": [f"inv_{number + 1:07d}" for number in range(len(rows))],
        "account_id": [company.account_ids[row.account] for row in rows],
        "issued_on": [row.issued for row in rows],
        "due_on": [row.due for row in rows],
        "paid_on": _known(np.array([row.paid for row in rows], dtype=np.int64), today),
        "amount": [row.amount for row in rows],
        "currency": [company.portfolio.currency[row.account] for row in rows],
        "status": ["paid" if row.paid <= today else "open" for row in rows],
    }
    return _typed(TABLES["invoices"], columns)
