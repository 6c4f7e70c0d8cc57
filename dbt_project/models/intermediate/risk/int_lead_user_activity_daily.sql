{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

lead_users as (
    select * from {{ ref('int_lead_users_monthly') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

users as (
    select * from {{ ref('int_users') }}
),

names as (
    {% for key in ['record_id', 'external_id', 'email'] %}
        select
            account_id,
            {{ key }} as user_key,
            max(name) as name,
            case when bool_or(deactivated_at is not null) then max(cast(deactivated_at as date)) end as left_on
        from users
        where {{ key }} is not null
        group by account_id, {{ key }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

known as (
    select
        account_id,
        user_key,
        max(name) as name,
        max(left_on) as left_on
    from names
    group by account_id, user_key
),

timeline as (
    select
        risk_days.account_id,
        lead_users.user_key,
        lead_users.used_days,
        risk_days.scored_on,
        true as is_reported,
        cast(null as date) as used_on
    from risk_days
    inner join lead_users
        on risk_days.account_id = lead_users.account_id
        and cast({{ dbt.date_trunc('month', 'risk_days.scored_on') }} as date) = lead_users.month_on

    union all

    select distinct
        user_days.account_id,
        user_days.user_key,
        cast(null as bigint) as used_days,
        user_days.used_on as scored_on,
        false as is_reported,
        user_days.used_on
    from user_days
    inner join lead_users
        on user_days.account_id = lead_users.account_id
        and user_days.user_key = lead_users.user_key
),

activity as (
    select
        account_id,
        user_key,
        used_days,
        scored_on,
        is_reported,
        max(used_on) over (partition by account_id, user_key order by scored_on) as last_used_on
    from timeline
)

select
    activity.account_id,
    activity.scored_on,
    coalesce(known.name, activity.user_key) as name,
    activity.used_days,
    activity.last_used_on,
    case when known.left_on <= activity.scored_on then known.left_on end as left_on
from activity
left join known
    on activity.account_id = known.account_id
    and activity.user_key = known.user_key
where activity.is_reported
