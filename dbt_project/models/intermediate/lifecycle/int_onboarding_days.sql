{{ config(materialized='table') }}

with accounts as (
    select * from {{ ref('int_onboarding_accounts') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

subscriptions as (
    select * from {{ ref('int_subscriptions') }}
),

days as (
    select
        account_id,
        begins_on,
        first_used_on,
        late_start_days,
        on_late_start,
        pause_after_quiet_days,
        cast({{ day_range('begins_on', 'ends_on') }} as date) as day
    from accounts
),

-- any channel counts: who has integrated by API has started
used_days as (
    select distinct
        usage.account_id,
        usage.used_on
    from usage
    inner join accounts
        on usage.account_id = accounts.account_id
        and usage.used_on <= accounts.ends_on
),

subscribed as (
    select
        days.account_id,
        days.day,
        bool_or(days.day < coalesce(subscriptions.ended_on, date '9999-12-31')) as is_subscribed
    from days
    inner join subscriptions
        on days.account_id = subscriptions.account_id
        and days.day >= subscriptions.started_on
    group by days.account_id, days.day
),

seen as (
    select
        days.*,
        days.day - days.begins_on + 1 as calendar_day,
        coalesce(days.first_used_on <= days.day, false) as has_started,
        days.on_late_start = 'restart'
        and coalesce(
            days.first_used_on >= days.begins_on + days.late_start_days and days.first_used_on <= days.day,
            false
        ) as is_restarted,
        coalesce(subscribed.is_subscribed, true) as is_subscribed,
        -- what a trial used before does not count as quiet until the contract has run for as long
        coalesce(
            max(used_days.used_on) over (partition by days.account_id order by days.day),
            case when days.first_used_on <= days.day then days.begins_on end
        ) as last_used_on
    from days
    left join used_days
        on days.account_id = used_days.account_id
        and days.day = used_days.used_on
    left join subscribed
        on days.account_id = subscribed.account_id
        and days.day = subscribed.day
),

-- the clock stands still while nobody has begun, while nothing is used and while the subscription is suspended
paused as (
    select
        *,
        not is_subscribed
        or (not has_started and calendar_day > late_start_days)
        or coalesce(day - last_used_on >= pause_after_quiet_days, false) as is_paused
    from seen
)

select
    account_id,
    day,
    begins_on,
    first_used_on,
    calendar_day,
    is_restarted,
    is_paused,
    has_started,
    sum(case when is_paused then 0 else 1 end) over (
        partition by account_id, is_restarted order by day
    ) as clock_day
from paused
