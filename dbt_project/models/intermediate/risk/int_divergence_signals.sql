with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

rules as (
    select * from {{ ref('int_churn_signal_rules') }}
),

trends as (
    select * from {{ ref('int_usage_trends_daily') }}
),

commitments as (
    select * from {{ ref('int_commitments_daily') }}
),

standings as (
    select * from {{ ref('int_external_standings_daily') }}
),

rates as (
    select
        risk_days.account_id,
        risk_days.scored_on,
        risk_days.segment,
        risk_days.churn_signals_from,
        risk_days.comparison_days,
        (ui_recent + api_recent + mobile_recent + integration_recent) / risk_days.recent_days as events_now,
        (ui_baseline + api_baseline + mobile_baseline + integration_baseline)
        / nullif(trends.known_baseline_days, 0) as events_before,
        commitments.mrr_usd,
        commitments.mrr_usd_before
    from risk_days
    inner join trends
        on risk_days.account_id = trends.account_id
        and risk_days.scored_on = trends.scored_on
    inner join commitments
        on risk_days.account_id = commitments.account_id
        and risk_days.scored_on = commitments.scored_on
    where trends.known_baseline_days >= risk_days.minimum_baseline_days
        and risk_days.stale_feeds is null
),

-- what is too little use to have fallen is too little to stand against the money
trickles as (
    select
        valid_from,
        segment,
        minimum_volume / 7 as events_a_day
    from rules
    where signal = 'usage_drop'
),

measured as (
    select
        rates.account_id,
        rates.scored_on,
        rates.segment,
        rates.churn_signals_from,
        'use_against_spend' as signal,
        1 - events_now / nullif(events_before, 0) as value,
        -- a share of growth: negative where the account pays less, and nothing diverges
        cast(mrr_usd / nullif(mrr_usd_before, 0) - 1 as double) as volume,
        concat(
            ': ', {{ told('events_now', 1) }}, ' events a day after ', {{ told('events_before', 1) }}, ', but ',
            {{ told('mrr_usd') }}, ' USD a month after ', {{ told('mrr_usd_before') }}, ' ',
            cast(comparison_days as varchar), ' days ago'
        ) as told
    from rates
    left join trickles
        on rates.churn_signals_from = trickles.valid_from
        and rates.segment = trickles.segment
    -- nothing stands against falling use where the account pays nothing
    where mrr_usd > 0
        and mrr_usd_before > 0
        and events_before >= coalesce(trickles.events_a_day, 0)

    union all

    select
        standings.account_id,
        standings.scored_on,
        risk_days.segment,
        risk_days.churn_signals_from,
        'score_against_judgement' as signal,
        standings.points_apart as value,
        cast(null as double) as volume,
        concat(
            -- cut and not rounded, as messages say it: 79.99 is below 80 and has to read so
            ': our score is ', regexp_replace({{ told('floor(10 * risk_days.score) / 10', 1) }}, '\.0$', ''),
            ' (', replace(risk_days.tier, '_', ' '), '), while ',
            standings.system, ' says ', replace(standings.measure, '_', ' '), ' ',
            coalesce(replace(standings.label, '_', ' '), {{ told('standings.external_score') }}), ' since ',
            cast(standings.observed_on as varchar)
        ) as told
    from standings
    inner join risk_days
        on standings.account_id = risk_days.account_id
        and standings.scored_on = risk_days.scored_on
),

past as (
    {{ past_bounds('measured') }}
),

-- of several tools the one furthest from us speaks
furthest as (
    select
        *,
        row_number() over (partition by account_id, scored_on, signal order by value desc, told asc) as place
    from past
)

select
    {{ flag_columns() }},
    concat(words, told) as evidence
from furthest
where place = 1
