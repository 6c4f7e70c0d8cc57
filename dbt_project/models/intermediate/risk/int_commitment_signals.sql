with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

commitments as (
    select * from {{ ref('int_commitments_daily') }}
),

dated as (
    select
        commitments.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.comparison_days
    from commitments
    inner join risk_days
        on commitments.account_id = risk_days.account_id
        and commitments.scored_on = risk_days.scored_on
),

measured as (
    select
        *,
        'seats_shrinking' as signal,
        1 - seats / nullif(cast(seats_before as double), 0) as value,
        seats_before - seats as volume
    from dated

    union all

    select
        *,
        'spend_shrinking' as signal,
        1 - mrr_usd / nullif(mrr_usd_before, 0) as value,
        cast(null as bigint) as volume
    from dated
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    case
        when signal = 'seats_shrinking'
            then concat(
                    words, ': ', cast(seats as varchar), ' seats now, ', cast(seats_before as varchar), ' ',
                    cast(comparison_days as varchar), ' days ago (', {{ told('100 * value') }}, ' % fewer)'
                )
        else concat(
                words, ': ', {{ told('mrr_usd') }}, ' USD a month now, ', {{ told('mrr_usd_before') }}, ' ',
                cast(comparison_days as varchar), ' days ago (', {{ told('100 * value') }}, ' % less)',
                case when plan <> plan_before then concat(', on ', plan, ' instead of ', plan_before) else '' end
            )
    end as evidence
from past
