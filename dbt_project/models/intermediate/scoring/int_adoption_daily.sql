{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

commercials as (
    select * from {{ ref('int_account_commercials_daily') }}
),

key_features as (
    select * from {{ ref('int_key_features') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

days as (
    select
        account_days.account_id,
        account_days.scored_on,
        account_days.age_days,
        account_days.provisional_days,
        account_days.adoption_window_days as window_days,
        commercials.plan
    from account_days
    inner join commercials
        on account_days.account_id = commercials.account_id
        and account_days.scored_on = commercials.scored_on
),

{{ window_starts('days') }},

seen as (
    select distinct
        windows.account_id,
        windows.window_days,
        usage.feature as thing,
        usage.used_on as seen_on
    from windows
    inner join usage
        on windows.account_id = usage.account_id
        and windows.opens_on <= usage.used_on
    inner join key_features on usage.feature = key_features.feature
),

{{ distinct_steps('seen') }},

{{ rolling_totals('days', 'steps', ['seen']) }},

plan_days as (
    select distinct
        plan,
        scored_on
    from days
),

available as (
    select
        plan_days.plan,
        plan_days.scored_on,
        count(distinct key_features.feature) as features_available
    from plan_days
    inner join key_features
        on plan_days.scored_on >= key_features.known_from
        and coalesce(key_features.plan, plan_days.plan, '') = coalesce(plan_days.plan, '')
    group by plan_days.plan, plan_days.scored_on
),

adoption as (
    select
        days.account_id,
        days.scored_on,
        days.age_days >= days.provisional_days as is_old_enough,
        available.features_available,
        least(rolling.seen, available.features_available) as features_used
    from days
    inner join rolling
        on days.account_id = rolling.account_id
        and days.scored_on = rolling.scored_on
    left join available
        on coalesce(days.plan, '') = coalesce(available.plan, '')
        and days.scored_on = available.scored_on
)

select
    account_id,
    scored_on,
    cast(features_used as bigint) as features_used,
    features_available,
    -- too young an account is not judged by what it has not tried yet
    case when is_old_enough then features_used / features_available end as adoption_ratio
from adoption
