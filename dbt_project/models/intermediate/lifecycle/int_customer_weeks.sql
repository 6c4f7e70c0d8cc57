{{ config(materialized='table') }}

with account_calendars as (
    select * from {{ ref('int_account_calendars') }}
),

csm_weeks as (
    select * from {{ ref('int_csm_weeks') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

run as (
    select * from {{ ref('int_run') }}
),

weeks as (
    select distinct week_on from csm_weeks
),

days as (
    select
        week_on,
        cast({{ day_range('week_on', 'week_on + 6') }} as date) as day
    from weeks
),

offices as (
    select distinct
        country,
        weekend
    from account_calendars
),

holidays_in_force as (
    select holidays.*
    from holidays
    cross join run
    where holidays.valid_from = {{ policy_version(ref('holidays'), 'run.as_of') }}
)

select
    offices.country,
    offices.weekend,
    days.week_on,
    count(
        case
            when holidays_in_force.holiday_on is null
                and not {{ word_in("cast(" ~ weekday_of('days.day') ~ " as varchar)", 'offices.weekend') }}
                then 1
        end
    ) as working_days,
    string_agg(holidays_in_force.name, ', ' order by holidays_in_force.holiday_on) as holiday_names
from offices
cross join days
left join holidays_in_force
    on offices.country = holidays_in_force.country
    and days.day = holidays_in_force.holiday_on
group by offices.country, offices.weekend, days.week_on
