-- depends_on: {{ ref('int_risk_scope') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_rejudged('date') }}",
) }}

{% set families = [
    'usage', 'channel', 'champion', 'commitment', 'payment', 'support', 'feedback', 'touch', 'renewal', 'divergence',
] %}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

flags as (
    {% for family in families %}
        select * from {{ ref('int_' ~ family ~ '_signals') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    flags.account_id,
    flags.scored_on as date,
    flags.signal,
    flags.family,
    flags.severity,
    flags.evidence,
    flags.value,
    flags.bound,
    risk_days.days_to_renewal,
    risk_days.churn_signals_from as policy_valid_from
from flags
inner join risk_days
    on flags.account_id = risk_days.account_id
    and flags.scored_on = risk_days.scored_on
order by flags.scored_on, flags.account_id, flags.signal
