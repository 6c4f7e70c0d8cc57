"""Trains within the build: the day's features are there, and only the build has the database open."""

from assets.risk.walk_forward import due_models


def model(dbt, session):
    dbt.config(materialized="incremental", incremental_strategy="append", full_refresh=False)
    rows = dbt.ref("int_churn_training_rows")
    policies = dbt.ref("risk_model").pl().to_dicts()
    trained = session.sql(f"select trained_on from {dbt.this}").fetchall() if dbt.is_incremental else []
    return due_models(rows.pl(), policies, [day for (day,) in trained]).to_arrow()
