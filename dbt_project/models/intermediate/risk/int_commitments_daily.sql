{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions') }}
),

currencies as (
    select * from {{ ref('currencies') }}
),

moments as (
    select account_id, scored_on, scored_on as looked_at, true as is_now from risk_days
    union all
    select account_id, scored_on, scored_on - comparison_days as looked_at, false as is_now from risk_days
),

rates as (
    select currency, usd_per_unit
    from currencies
    qualify row_number() over (partition by currency order by valid_from desc) = 1
)

-- both moments at one rate: a moved exchange rate is no customer that pays less
select
    moments.account_id,
    moments.scored_on,
    cast(sum(case when moments.is_now then subscriptions.seats end) as bigint) as seats,
    cast(sum(case when not moments.is_now then subscriptions.seats end) as bigint) as seats_before,
    cast(sum(case when moments.is_now then subscriptions.mrr * rates.usd_per_unit end) as double) as mrr_usd,
    cast(sum(case when not moments.is_now then subscriptions.mrr * rates.usd_per_unit end) as double) as mrr_usd_before,
    max(case when moments.is_now then subscriptions.plan end) as plan,
    max(case when not moments.is_now then subscriptions.plan end) as plan_before
from moments
inner join subscriptions
    on moments.account_id = subscriptions.account_id
    and moments.looked_at >= subscriptions.started_on
    and moments.looked_at < coalesce(subscriptions.ended_on, date '9999-12-31')
left join rates on subscriptions.currency = rates.currency
group by moments.account_id, moments.scored_on
