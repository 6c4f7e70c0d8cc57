with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

trends as (
    select * from {{ ref('int_usage_trends_daily') }}
),

rates as (
    select
        trends.*,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.recent_days,
        (ui_recent + api_recent + mobile_recent + integration_recent) / risk_days.recent_days as events_now,
        (ui_baseline + api_baseline + mobile_baseline + integration_baseline)
        / nullif(trends.known_baseline_days, 0) as events_before,
        user_days_recent / risk_days.recent_days as people_now,
        user_days_baseline / nullif(trends.known_baseline_days, 0) as people_before
    from trends
    inner join risk_days
        on trends.account_id = risk_days.account_id
        and trends.scored_on = risk_days.scored_on
    -- without a known feed that speaks, silence says nothing
    where trends.known_baseline_days >= risk_days.minimum_baseline_days
        and risk_days.stale_feeds is null
),

measured as (
    select
        *,
        'usage_drop' as signal,
        1 - events_now / nullif(events_before, 0) as value,
        events_before * 7 as volume,
        events_now as now,
        events_before as before,
        'events' as unit
    from rates

    union all

    select
        *,
        'people_drop' as signal,
        1 - people_now / nullif(people_before, 0) as value,
        people_before * 7 as volume,
        people_now as now,
        people_before as before,
        'people' as unit
    from rates
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(
        words, ': ', {{ told('now', 1) }}, ' ', unit, ' a day over the last ', cast(recent_days as varchar),
        ' days, ', {{ told('before', 1) }}, ' in the ', cast(known_baseline_days as varchar), ' days before (',
        {{ told('100 * value') }}, ' % less)'
    ) as evidence
from past
