"""A simulated company's files, whole or cut off at a day as they would have stood then."""

from datetime import date
from pathlib import Path

import polars as pl

from simulator import drop_folder

END = date(2026, 10, 31)

# When a row of a table comes to be; tables that are not here are master data.
_BORN = {
    "usage_events": "occurred_at",
    "tickets": "created_at",
    "ai_conversations": "started_at",
    "survey_responses": "submitted_at",
    "subscriptions": "started_on",
    "invoices": "issued_on",
    "opportunities": "created_at",
    "csm_activities": "started_at",
    "code_changes": "committed_at",
}
# What was not yet known on the day: columns that say how something ended.
_ENDINGS = {
    "accounts": ["churned_on"],
    "subscriptions": ["ended_on"],
    "users": ["deactivated_at"],
    "invoices": ["paid_on"],
}

Company = dict[str, pl.DataFrame]


def simulate(
    folder: Path, *, accounts: int, months: int, intensity: float = 1.0, truth: Path | None = None
) -> Company:
    """One frame per table of the contract; what is true goes to `truth`."""
    drop_folder.write(folder, accounts=accounts, months=months, end=END, intensity=intensity, truth=truth)
    company = {path.stem: pl.read_parquet(path) for path in folder.glob("*.parquet")}
    # segments are derived, as they change with what an account is worth
    company["accounts"] = company["accounts"].drop("segment")
    events = pl.read_parquet(folder / "usage_events" / "*.parquet")
    return {**company, "usage_events": events.with_columns(pl.col(pl.Categorical).cast(pl.String))}


def as_known_on(company: Company, day: date) -> Company:
    """The company's tables at the end of a day: nothing later, and no ending that was still to come."""
    return {name: _cut(name, frame, day, company["accounts"]) for name, frame in company.items()}


def write(company: Company, folder: Path) -> Path:
    """One file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in company.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def _cut(name: str, frame: pl.DataFrame, day: date, accounts: pl.DataFrame) -> pl.DataFrame:
    if name in _BORN:
        frame = frame.filter(pl.col(_BORN[name]).cast(pl.Date) <= day)
    began = pl.min_horizontal(pl.col("contract_started_on"), pl.col("signed_up_at").cast(pl.Date))
    existing = accounts.filter(began <= day)["account_id"]
    if "account_id" in frame.columns:
        frame = frame.filter(pl.col("account_id").is_in(existing.implode()) | pl.col("account_id").is_null())
    for ending in _ENDINGS.get(name, []):
        frame = frame.with_columns(
            pl.when(pl.col(ending).cast(pl.Date) <= day).then(pl.col(ending)).alias(ending)
        )
    if name == "invoices":
        status = pl.when(pl.col("paid_on").is_null()).then(pl.lit("open")).otherwise(pl.lit("paid"))
        frame = frame.with_columns(status.alias("status"))
    if name == "accounts":
        status = pl.when(pl.col("churned_on").is_null()).then(pl.lit("active")).otherwise(pl.lit("churned"))
        # what an account is worth today was not known then either
        frame = frame.with_columns(status.alias("status"), (pl.col("arr") / 10).alias("arr"))
    return frame
