{{ config(materialized='table') }}

with calendars as (
    select * from {{ ref('int_account_calendars') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

bounds as (
    select
        live_on + 1 as first_day,
        -- the longest stretch of holidays and weekends is shorter
        as_of + 21 as last_day
    from rollout
),

{{ open_hours('calendars', 'holidays', 'bounds') }},

-- a day is decided once it is over: from then on, the first hours that are not over yet
first_hours as (
    select
        open_hours.* exclude (date, opens_at, closes_at),
        days.date - 1 as decided_for,
        cast(days.date as timestamp) as decided_at,
        min(open_hours.opens_at) as opens_at
    from days
    cross join rollout
    inner join open_hours
        on open_hours.closes_at > cast(days.date as timestamp)
        and open_hours.date between days.date - 1 and days.date + 20
    where days.date <= rollout.as_of + 1
    group by all
)

select
    calendars.account_id,
    first_hours.decided_for,
    greatest(first_hours.opens_at, first_hours.decided_at) as send_after_at
from calendars
inner join first_hours
    on coalesce(first_hours.country, '') = coalesce(calendars.country, '')
    and calendars.time_zone = first_hours.time_zone
    and calendars.works_from_hour = first_hours.works_from_hour
    and calendars.works_until_hour = first_hours.works_until_hour
    and calendars.weekend = first_hours.weekend
where first_hours.opens_at > first_hours.decided_at
