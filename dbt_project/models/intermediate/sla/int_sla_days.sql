{{ config(materialized='table') }}

with csms as (
    select * from {{ ref('int_csms') }}
),

calendars as (
    select * from {{ ref('calendars') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

alerts as (
    select * from {{ ref('int_sla_alerts') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

bounds as (
    select
        -- from the first alert, and the first day that this build may decide for
        least(
            min(cast(alerts.starts_at as date)),
            max(coalesce(rollout.scored_through, rollout.live_on))
        ) - 1 as first_day,
        -- far enough for the longest SLA over every holiday
        max(rollout.as_of) + 120 as last_day
    from rollout
    left join alerts on true
),

days as (
    select cast({{ day_range('first_day', 'last_day') }} as date) as date
    from bounds
),

-- whoever has no time zone, or one no calendar knows, works as the calendar of all others says
desks as (
    select csm_id as desk, timezone from csms
    union all
    select distinct accounts.csm_id as desk, null as timezone
    from accounts
    left join csms on accounts.csm_id = csms.csm_id
    where accounts.csm_id is not null and csms.csm_id is null
    union all
    select '' as desk, null as timezone
),

desk_calendars as (
    select
        desks.desk,
        calendars.valid_from,
        min_by(calendars.region, (calendars.region = '*', calendars.country is null, calendars.region)) as region
    from desks
    inner join calendars
        on desks.timezone = calendars.time_zone
        or calendars.region = '*'
    group by desks.desk, calendars.valid_from
),

calendar_days as (
    select
        desk_calendars.desk,
        days.date,
        calendars.time_zone,
        calendars.works_from_hour,
        calendars.works_until_hour,
        not {{ word_in('cast(' ~ weekday_of('days.date') ~ ' as varchar)', 'calendars.weekend') }}
        and holidays.holiday_on is null as is_working
    from days
    inner join desk_calendars
        on desk_calendars.valid_from = {{ policy_version(ref('calendars'), 'days.date') }}
    inner join calendars
        on desk_calendars.valid_from = calendars.valid_from
        and desk_calendars.region = calendars.region
    left join holidays
        on calendars.country = holidays.country
        and days.date = holidays.holiday_on
        and holidays.valid_from = {{ policy_version(ref('holidays'), 'days.date') }}
),

instants as (
    select
        desk,
        date,
        is_working,
        {{ utc_instant('cast(date as timestamp)', 'time_zone') }} as begins_at,
        {{ utc_instant('cast(date + 1 as timestamp)', 'time_zone') }} as ends_at,
        {{ utc_instant('cast(date as timestamp) + works_from_hour * interval 1 hour', 'time_zone') }} as opens_at,
        {{ utc_instant('cast(date as timestamp) + works_until_hour * interval 1 hour', 'time_zone') }} as closes_at
    from calendar_days
),

clock_days as (
    select desk, 'calendar' as clock, date, begins_at, ends_at, begins_at as runs_from, ends_at as runs_until
    from instants

    union all

    select
        desk, 'working_days' as clock, date, begins_at, ends_at, begins_at as runs_from,
        case when is_working then ends_at else begins_at end as runs_until
    from instants

    union all

    select
        desk, 'business' as clock, date, begins_at, ends_at, opens_at as runs_from,
        case when is_working then closes_at else opens_at end as runs_until
    from instants
),

measured as (
    select
        desk,
        clock,
        date,
        begins_at,
        ends_at,
        runs_from,
        {{ minutes_between('runs_from', 'runs_until') }} as open_minutes
    from clock_days
)

select
    *,
    coalesce(
        sum(open_minutes) over (
            partition by desk, clock order by date rows between unbounded preceding and 1 preceding
        ),
        0
    ) as minutes_before
from measured
