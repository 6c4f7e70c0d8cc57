{{ config(materialized='table') }}

with days as (
    select * from {{ ref('int_account_days') }}
),

accounts as (
    select * from {{ ref('stg_drop_folder__accounts') }}
),

subscriptions as (
    select * from {{ ref('stg_drop_folder__subscriptions') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

segments as (
    select * from {{ ref('segments') }}
),

subscribers as (
    select
        account_id,
        min(started_on) as subscribed_from
    from subscriptions
    group by account_id
),

open_subscriptions as (
    select
        days.account_id,
        days.scored_on,
        cast(sum(cast(subscriptions.mrr * 12 as decimal(18, 2)) * currencies.usd_per_unit) as double) as arr_usd,
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

-- subscriptions say what an account was worth on a past day; the account's own figure is today's
commercials as (
    select
        days.account_id,
        days.scored_on,
        days.segments_from,
        accounts.segment as given_segment,
        accounts.employees,
        case
            when days.scored_on >= subscribers.subscribed_from then coalesce(open_subscriptions.arr_usd, 0)
            else accounts.arr * currencies.usd_per_unit
        end as arr_usd,
        open_subscriptions.seats,
        coalesce(open_subscriptions.plan, accounts.plan) as plan
    from days
    inner join accounts on days.account_id = accounts.account_id
    left join subscribers on days.account_id = subscribers.account_id
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
