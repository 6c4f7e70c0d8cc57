"""What happened, as the company's systems show it at the end of a day: later moments are not there yet."""

from typing import TYPE_CHECKING

import polars as pl

from simulator.ledger import SECOND
from simulator.tables import TABLES

if TYPE_CHECKING:
    from simulator.company import Company

PRIMARY_MOMENT = {
    "tickets": "created_at",
    "ai_conversations": "started_at",
    "survey_responses": "submitted_at",
    "csm_activities": "started_at",
}


def rows(company: "Company", table: str) -> pl.DataFrame:
    """Rows that happened; their later moments are blanked and their status follows."""
    now = pl.lit((company.today + 1) * 86_400_000_000).cast(SECOND)
    found = company.ledger.frame(table).filter(pl.col(PRIMARY_MOMENT[table]) < now)
    if table == "tickets":
        open_ = pl.col("solved_at").is_null()
        found = _blank_after(found, now).with_columns(
            status=pl.when(
                pl.col("reopened_at").is_not_null() | (open_ & pl.col("first_response_at").is_not_null())
            )
            .then(pl.lit("open"))
            .when(open_)
            .then(pl.lit("new"))
            .otherwise(pl.lit("solved")),
            csat=pl.when(~open_).then("csat"),
        )
    elif table == "ai_conversations":
        found = _blank_after(found, now)
        waits = pl.col("resolved_at").is_null()
        found = found.with_columns(
            [
                pl.when(~waits).then(name).alias(name)
                for name in ("resolved_by", "resolution", "is_answer_correct")
            ]
        )
    return found


def survey_responses(company: "Company") -> pl.DataFrame:
    """NPS as it was answered, and what solved tickets were rated."""
    schema = TABLES["survey_responses"]
    tickets = rows(company, "tickets").filter(pl.col("csat").is_not_null())
    ratings = tickets.select(
        response_id=pl.concat_str(pl.lit("csa_"), pl.col("ticket_id").str.strip_prefix("tic_")),
        account_id=pl.when(pl.col("requester_email").is_null()).then("account_id"),
        email="requester_email",
        submitted_at="solved_at",
        kind=pl.lit("csat"),
        score=pl.col("csat").cast(pl.Float64),
        comment=pl.lit(None, pl.String),
    )
    return pl.concat([rows(company, "survey_responses"), ratings.cast(pl.Schema(schema))])


def _blank_after(rows: pl.DataFrame, now: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(pl.when(pl.col(SECOND) < now).then(pl.col(SECOND)).name.keep())
