"""Trains within the build: the day's features are there, and only the build has the database open."""

import polars as pl

from assets.risk.walk_forward import SCHEMA, due_months, trained_models


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append", full_refresh=False)
    rows = dbt.ref("int_churn_training_rows")
    policies = dbt.ref("risk_model").pl().to_dicts()
    [(as_of,)] = dbt.ref("int_run").project("as_of").fetchall()
    trained = session.sql(f"select trained_on from {dbt.this}").fetchall() if dbt.is_incremental else []
    months = due_months(as_of, policies, [month for (month,) in trained])
    made = trained_models(rows.pl(), policies, months) if months else pl.DataFrame(schema=SCHEMA)
    return made.to_arrow()
