{#
    Rolling sums by running totals, linear in rows where a self-join on a window would be quadratic.

    Writes the CTEs `timeline` and `rolling`. `days` holds the days to report (account_id, scored_on, window_days);
    `steps` says by how much each measure rises or falls on a day (account_id, window_days, step_on, and a column per
    measure): what enters the window on one day leaves it `window_days` later. `rolling` holds account_id,
    scored_on and the measures. Feed what sums exactly, as fractions in floats would leave a residue: decimals, or whole
    numbers. Of these, many are better cast to doubles, exact up to 2^53: running sums of integers are 128 bits wide and
    take twice as long.
#}
{% macro rolling_totals(days, steps, measures) %}
timeline as (
    select
        account_id,
        window_days,
        scored_on,
        true as is_reported,
        {%- for measure in measures %}
        0 as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ days }}

    union all

    select
        account_id,
        window_days,
        step_on as scored_on,
        false as is_reported,
        {%- for measure in measures %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ steps }}
),

running as (
    select
        account_id,
        scored_on,
        is_reported,
        {%- for measure in measures %}
        sum({{ measure }}) over account_timeline as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from timeline
    -- the default frame takes in every step of the same day
    window account_timeline as (partition by account_id, window_days order by scored_on)
),

rolling as (
    select
        account_id,
        scored_on,
        {%- for measure in measures %}
        {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from running
    where is_reported
)
{%- endmacro %}

{#
    Steps for counting distinct things seen within a window: each sighting keeps its thing counted until the window
    has passed or the thing is seen again. Writes the CTEs `sightings` and `steps` (measure `seen`) from a CTE `seen`
    (account_id, window_days, thing, seen_on), one row per thing and day.
#}
{% macro distinct_steps(seen) %}
sightings as (
    select
        account_id,
        window_days,
        seen_on,
        least(
            seen_on + window_days,
            lead(seen_on) over (partition by account_id, window_days, thing order by seen_on)
        ) as leaves_on
    from {{ seen }}
),

steps as (
    select account_id, window_days, seen_on as step_on, count(*) as seen
    from sightings
    group by account_id, window_days, seen_on

    union all

    select account_id, window_days, leaves_on as step_on, -count(*) as seen
    from sightings
    group by account_id, window_days, leaves_on
)
{%- endmacro %}

{#
    Steps for summing what happened within a window: it counts from its day on and no longer once the window has passed.
    Writes the CTE `steps` from a CTE (account_id, window_days, happened_on, and a column per measure).
#}
{% macro sum_steps(happened, measures) %}
steps as (
    select
        account_id,
        window_days,
        happened_on as step_on,
        {{ measures | join(', ') }}
    from {{ happened }}

    union all

    select
        account_id,
        window_days,
        happened_on + window_days as step_on,
        -{{ measures | join(', -') }}
    from {{ happened }}
)
{%- endmacro %}

{# The CTE `windows`: per account and window length, the first day whose rows can still matter. #}
{% macro window_starts(days) %}
windows as (
    select
        account_id,
        window_days,
        min(scored_on) - window_days + 1 as opens_on
    from {{ days }}
    group by account_id, window_days
)
{%- endmacro %}
