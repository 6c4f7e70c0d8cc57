with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

touches as (
    select * from {{ ref('int_csm_touches_daily') }}
),

measured as (
    select
        touches.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        'no_touch' as signal,
        touches.days_since_touch as value,
        cast(null as integer) as volume
    from touches
    inner join risk_days
        on touches.account_id = risk_days.account_id
        and touches.scored_on = risk_days.scored_on
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(
        words, ' for ', {{ told('value') }}, ' days',
        coalesce(concat(', since ', cast(last_touched_on as varchar)), '; no activity is on record at all')
    ) as evidence
from past
