with calendars as (
    select * from {{ ref('calendars') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

run as (
    select * from {{ ref('int_run') }}
),

bounds as (
    select
        cast(min(tickets.created_at) as date) - 1 as first_day,
        max(run.as_of) + 1 as last_day
    from tickets
    cross join run
),

days as (
    select cast({{ day_range('first_day', 'last_day') }} as date) as date
    from bounds
),

calendar_days as (
    select
        calendars.*,
        days.date,
        not {{ word_in('cast(extract(isodow from days.date) as varchar)', 'calendars.weekend') }}
        and not exists (
            select 1
            from holidays
            where holidays.country = calendars.country
                and holidays.holiday_on = days.date
                and holidays.valid_from = {{ policy_version(ref('holidays'), 'days.date') }}
        ) as is_open
    from days
    inner join calendars
        on calendars.valid_from = {{ policy_version(ref('calendars'), 'days.date') }}
),

instants as (
    select
        region,
        date,
        {{ utc_instant('cast(date as timestamp)', 'time_zone') }} as begins_at,
        {{ utc_instant('cast(date + 1 as timestamp)', 'time_zone') }} as ends_at,
        {{ utc_instant('cast(date as timestamp) + works_from_hour * interval 1 hour', 'time_zone') }} as opens_at,
        {{ utc_instant('cast(date as timestamp) + works_until_hour * interval 1 hour', 'time_zone') }} as works_until,
        is_open
    from calendar_days
),

open_days as (
    select
        region,
        date,
        begins_at,
        ends_at,
        opens_at,
        case when is_open then {{ minutes_between('opens_at', 'works_until') }} else 0 end as open_minutes
    from instants
)

select
    region,
    date,
    begins_at,
    ends_at,
    opens_at,
    open_minutes,
    coalesce(
        sum(open_minutes) over (
            partition by region order by date rows between unbounded preceding and 1 preceding
        ),
        0
    ) as minutes_before
from open_days
