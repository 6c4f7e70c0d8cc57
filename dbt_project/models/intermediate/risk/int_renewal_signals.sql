with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

measured as (
    select
        account_id,
        scored_on,
        segment,
        churn_signals_from,
        'renewal_near' as signal,
        days_to_renewal as value,
        cast(null as integer) as volume
    from risk_days
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(words, ': ', {{ told('value') }}, ' days away, on ', cast(scored_on + cast(value as integer) as varchar))
        as evidence
from past
