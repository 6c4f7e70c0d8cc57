{#
    The hours in which people work, from the CTE `bounds` (one row: first_day, last_day). `calendars` and `holidays` are CTEs of the
    models of that name. `places`: one row per calendar that accounts have; `open_hours`: one row per place and day on which anyone
    works there, from `opens_at` to `closes_at` in UTC.
#}
{% macro open_hours(calendars, holidays, bounds) %}
days as (
    select cast({{ day_range('first_day', 'last_day') }} as date) as date
    from {{ bounds }}
),

places as (
    select distinct
        country,
        time_zone,
        works_from_hour,
        works_until_hour,
        weekend
    from {{ calendars }}
),

open_hours as (
    select
        places.*,
        days.date,
        {{ utc_instant('days.date + places.works_from_hour * interval 1 hour', 'places.time_zone') }} as opens_at,
        {{ utc_instant('days.date + places.works_until_hour * interval 1 hour', 'places.time_zone') }} as closes_at
    from places
    cross join days
    left join {{ holidays }} as holidays
        on places.country = holidays.country
        and days.date = holidays.holiday_on
        and holidays.valid_from = {{ policy_version(ref('holidays'), 'days.date') }}
    where holidays.holiday_on is null
        and not {{ word_in('cast(' ~ weekday_of('days.date') ~ ' as varchar)', 'places.weekend') }}
)
{%- endmacro %}
