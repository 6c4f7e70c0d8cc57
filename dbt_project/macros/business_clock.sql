{#
    What a region's business clock shows: minutes worked since its calendar's first day. The difference of two readings is
    the business minutes between them, over nights, weekends, holidays and changes of the clocks. `moments` is a CTE
    (moment_key, region, at); a select of moment_key and clock_minutes, without the moments that no calendar reaches.
#}
{% macro business_clock(moments) %}
    select
        moments.moment_key,
        days.minutes_before
        + greatest(0, least(days.open_minutes, {{ minutes_between('days.opens_at', 'moments.at') }})) as clock_minutes
    from {{ moments }} as moments
    -- where it is a day later or earlier than in UTC
    cross join (values (-1), (0), (1)) as offsets (days_off)
    inner join {{ ref('int_business_days') }} as days
        on moments.region = days.region
        and cast(moments.at as date) + offsets.days_off = days.date
        and moments.at >= days.begins_at
        and moments.at < days.ends_at
{% endmacro %}
