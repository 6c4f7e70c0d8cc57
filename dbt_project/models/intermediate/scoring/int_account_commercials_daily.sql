{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_account_days') }}
),

accounts as (
    select * from {{ ref('int_golden_accounts') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

segments as (
    select * from {{ ref('segments') }}
),

feed as (
    select count(*) > 0 as has_subscriptions from subscriptions
),

open_subscriptions as (
    select
        days.account_id,
        days.scored_on,
        cast(sum(cast(subscriptions.mrr * 12 as decimal(18, 2)) * currencies.usd_per_unit) as double) as arr_usd,
        bool_or(currencies.usd_per_unit is null) as has_unknown_currency,
        sum(subscriptions.seats) as seats,
        max_by(subscriptions.plan, (subscriptions.mrr, subscriptions.subscription_id)) as plan
    from days
    inner join subscriptions
        on days.account_id = subscriptions.account_id
        and days.scored_on >= subscriptions.started_on
        and days.scored_on < coalesce(subscriptions.ended_on, date '9999-12-31')
    left join currencies
        on subscriptions.currency = currencies.currency
        and days.currencies_from = currencies.valid_from
    group by days.account_id, days.scored_on
),

-- where there are subscriptions they alone say what an account was worth on a day: its own figure is today's
commercials as (
    select
        days.account_id,
        days.scored_on,
        days.segments_from,
        accounts.segment as given_segment,
        accounts.employees,
        case
            when open_subscriptions.has_unknown_currency then null
            when feed.has_subscriptions then coalesce(open_subscriptions.arr_usd, 0)
            else accounts.arr * currencies.usd_per_unit
        end as arr_usd,
        open_subscriptions.seats,
        coalesce(open_subscriptions.plan, accounts.plan) as plan
    from days
    inner join accounts on days.account_id = accounts.account_id
    cross join feed
    left join open_subscriptions
        on days.account_id = open_subscriptions.account_id
        and days.scored_on = open_subscriptions.scored_on
    left join currencies
        on accounts.currency = currencies.currency
        and days.currencies_from = currencies.valid_from
),

segmented as (
    select
        commercials.account_id,
        commercials.scored_on,
        max_by(segments.segment, segments.segment_rank) as derived_segment
    from commercials
    inner join segments
        on commercials.segments_from = segments.valid_from
        and (
            coalesce(commercials.arr_usd, 0) >= segments.min_arr_usd
            or coalesce(commercials.employees, 0) >= segments.min_employees
        )
    group by commercials.account_id, commercials.scored_on
)

select
    commercials.account_id,
    commercials.scored_on,
    coalesce(commercials.given_segment, segmented.derived_segment) as segment,
    commercials.arr_usd,
    commercials.seats,
    commercials.plan
from commercials
left join segmented
    on commercials.account_id = segmented.account_id
    and commercials.scored_on = segmented.scored_on
