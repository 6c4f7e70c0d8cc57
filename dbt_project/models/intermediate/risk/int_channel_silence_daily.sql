{{ config(materialized='table') }}

{% set channels = ['ui', 'api', 'mobile', 'integration'] %}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

scope as (
    select * from {{ ref('int_risk_scope') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

timeline as (
    select
        account_id,
        scored_on,
        {% for channel in channels %}
            cast(null as date) as {{ channel }}_used_on,
        {% endfor %}
        true as is_reported
    from risk_days

    union all

    select
        usage.account_id,
        usage.used_on as scored_on,
        {% for channel in channels %}
            max(case when usage.channel = '{{ channel }}' then usage.used_on end) as {{ channel }}_used_on,
        {% endfor %}
        false as is_reported
    from usage
    inner join scope on usage.account_id = scope.account_id
    group by usage.account_id, usage.used_on
),

silence as (
    select
        account_id,
        scored_on,
        {% for channel in channels %}
            scored_on - max({{ channel }}_used_on) over so_far as {{ channel }}_silent_days,
        {% endfor %}
        is_reported
    from timeline
    window so_far as (partition by account_id order by scored_on)
)

select
    {% for channel in channels %}
        {{ channel }}_silent_days,
    {% endfor %}
    account_id,
    scored_on
from silence
where is_reported
