with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

trends as (
    select * from {{ ref('int_usage_trends_daily') }}
),

silence as (
    select * from {{ ref('int_channel_silence_daily') }}
),

channels as (
    select
        trends.*,
        silence.* exclude (account_id, scored_on),
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.recent_days + trends.known_baseline_days as known_days
    from trends
    inner join risk_days
        on trends.account_id = risk_days.account_id
        and trends.scored_on = risk_days.scored_on
    inner join silence
        on trends.account_id = silence.account_id
        and trends.scored_on = silence.scored_on
    where trends.known_baseline_days >= risk_days.minimum_baseline_days
        and risk_days.stale_feeds is null
),

measured as (
    {% for channel in ['ui', 'api', 'mobile', 'integration'] %}
        select
            account_id,
            scored_on,
            segment,
            churn_signals_from,
            '{{ channel }}_quiet' as signal,
            {{ channel }}_silent_days as value,
            -- events a week while it was in use
            7.0 * ({{ channel }}_recent + {{ channel }}_baseline)
            / nullif(known_days - {{ channel }}_silent_days, 0) as volume,
            known_days - {{ channel }}_silent_days as used_days
        from channels
        where {{ channel }}_silent_days < known_days
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

past as (
    {{ past_bounds('measured') }}
)

select
    {{ flag_columns() }},
    concat(
        words, ': nothing for ', {{ told('value') }}, ' days, after ', {{ told('volume') }},
        ' events a week in the ', {{ told('used_days') }}, ' days before'
    ) as evidence
from past
