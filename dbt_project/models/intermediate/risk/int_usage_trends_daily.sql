{{ config(materialized='table') }}

{% set channels = ['ui', 'api', 'mobile', 'integration'] %}
{% set kinds = channels + ['active_days', 'user_days'] %}
{% set measures = [] %}
{% for kind in kinds %}
    {% do measures.append(kind ~ '_recent') %}
    {% do measures.append(kind ~ '_baseline') %}
{% endfor %}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

feed as (
    select min(used_on) as covered_from from usage
),

days as (
    select
        account_id,
        scored_on,
        recent_days + baseline_days as window_days
    from risk_days
),

windows as (
    select
        account_id,
        recent_days,
        baseline_days,
        min(scored_on) - recent_days - baseline_days as opens_on
    from risk_days
    group by account_id, recent_days, baseline_days
),

used as (
    select
        windows.account_id,
        windows.recent_days,
        windows.baseline_days,
        usage.used_on,
        {% for channel in channels %}
            cast(sum(case when usage.channel = '{{ channel }}' then usage.events else 0 end) as bigint)
                as {{ channel }},
        {% endfor %}
        1 as active_days,
        0 as user_days
    from windows
    inner join usage
        on windows.account_id = usage.account_id
        and windows.opens_on <= usage.used_on
    group by windows.account_id, windows.recent_days, windows.baseline_days, usage.used_on

    union all

    select
        windows.account_id,
        windows.recent_days,
        windows.baseline_days,
        user_days.used_on,
        {% for channel in channels %}
            0 as {{ channel }},
        {% endfor %}
        0 as active_days,
        count(*) as user_days
    from windows
    inner join user_days
        on windows.account_id = user_days.account_id
        and windows.opens_on <= user_days.used_on
    group by windows.account_id, windows.recent_days, windows.baseline_days, user_days.used_on
),

-- a day of use enters the recent window, moves on into the baseline, and is forgotten
moves as (
    {% for offset, recent, baseline in [
        ('0', '1', '0'), ('recent_days', '-1', '1'), ('recent_days + baseline_days', '0', '-1'),
    ] %}
        select
            *,
            used_on + {{ offset }} as step_on,
            {{ recent }} as recent_sign,
            {{ baseline }} as baseline_sign
        from used
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

steps as (
    select
        {% for kind in kinds %}
            cast(sum(recent_sign * {{ kind }}) as double) as {{ kind }}_recent,
            cast(sum(baseline_sign * {{ kind }}) as double) as {{ kind }}_baseline,
        {% endfor %}
        account_id,
        recent_days + baseline_days as window_days,
        step_on
    from moves
    group by account_id, recent_days + baseline_days, step_on
),

{{ rolling_totals('days', 'steps', measures) }}

select
    risk_days.account_id,
    risk_days.scored_on,
    {% for measure in measures %}
        cast(rolling.{{ measure }} as bigint) as {{ measure }},
    {% endfor %}
    -- how much of the baseline there was to see: the account, and its usage feed, may be younger
    greatest(
        0,
        least(
            risk_days.baseline_days,
            risk_days.age_days - risk_days.recent_days,
            risk_days.scored_on - risk_days.recent_days - feed.covered_from + 1
        )
    ) as known_baseline_days
from risk_days
inner join rolling
    on risk_days.account_id = rolling.account_id
    and risk_days.scored_on = rolling.scored_on
cross join feed
