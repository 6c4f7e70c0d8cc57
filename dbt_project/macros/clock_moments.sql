{# The instants at which a clock of `int_sla_days` (the CTE `days`) has run on by so many minutes: the rows of the CTE
   `steps` (desk, clock, starts_at, clock_minutes and whatever else), with `reached_at`, as the CTE `moments`. #}
{% macro clock_moments(steps) -%}
readings as (
    select
        {{ steps }}.*,
        {{ sla_reading('started', steps ~ '.starts_at') }} + {{ steps }}.clock_minutes as shown
    from {{ steps }}
    inner join days as started
        on {{ steps }}.desk = started.desk
        and {{ steps }}.clock = started.clock
        and {{ steps }}.starts_at >= started.begins_at
        and {{ steps }}.starts_at < started.ends_at
),

moments as (
    select
        readings.* exclude (shown),
        days.runs_from
        + cast(round(60 * (readings.shown - days.minutes_before)) as bigint) * interval 1 second as reached_at
    from readings
    inner join days
        on readings.desk = days.desk
        and readings.clock = days.clock
        and readings.shown > days.minutes_before
        and days.minutes_before + days.open_minutes >= readings.shown
)
{%- endmacro %}
