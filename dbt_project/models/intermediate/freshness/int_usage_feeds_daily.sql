{{ config(materialized='table') }}

with usage as (
    select system, used_on from {{ ref('int_usage_daily') }}
    union
    select system, used_on from {{ ref('int_unmatched_usage_daily') }}
),

days as (
    select * from {{ ref('int_days') }}
),

feeds as (
    select
        system,
        min(used_on) as first_event_on
    from usage
    group by system
),

-- what a day's scorer could see of each feed: how long ago its newest event was
seen as (
    select
        feeds.system,
        'usage_events' as table_name,
        days.day,
        max(usage.used_on) over (
            partition by feeds.system order by days.day rows between unbounded preceding and current row
        ) as last_event_on
    from feeds
    inner join days on feeds.first_event_on <= days.day
    left join usage
        on feeds.system = usage.system
        and days.day = usage.used_on
),

{{ freshness_rule('seen', "'newest_event'", 'seen.day') }},

disconnected as (
    select * from {{ ref('int_disconnected_systems') }}
)

select
    ruled.system,
    ruled.day,
    ruled.last_event_on,
    ruled.expected_within_hours,
    ruled.owner_email,
    ruled.owner_slack,
    (ruled.day - ruled.last_event_on) * 24 as age_hours,
    coalesce(ruled.day < disconnected.disconnected_on, true) as is_connected,
    coalesce((ruled.day - ruled.last_event_on) * 24 > ruled.expected_within_hours, false) as is_stale
from ruled
left join disconnected on ruled.system = disconnected.system
