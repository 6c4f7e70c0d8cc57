with stops as (
    select * from {{ ref('fct_delivery_stops') }}
),

calendars as (
    select * from {{ ref('int_account_calendars') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

run as (
    select * from {{ ref('int_run') }}
),

bounds as (
    select
        as_of as first_day,
        -- the longest stretch of holidays and weekends is shorter
        as_of + 21 as last_day
    from run
),

{{ open_hours('calendars', 'holidays', 'bounds') }},

waiting as (
    select distinct account_id from stops
    where effect = 'delay'
)

select
    waiting.account_id,
    open_hours.opens_at,
    open_hours.closes_at
from waiting
inner join calendars on waiting.account_id = calendars.account_id
inner join open_hours
    on coalesce(open_hours.country, '') = coalesce(calendars.country, '')
    and calendars.time_zone = open_hours.time_zone
    and calendars.works_from_hour = open_hours.works_from_hour
    and calendars.works_until_hour = open_hours.works_until_hour
    and calendars.weekend = open_hours.weekend
order by account_id, opens_at
