{{ config(materialized='table') }}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

champions as (
    select * from {{ ref('int_champions') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

persons as (
    select distinct
        account_id,
        email,
        name,
        created_at,
        deactivated_at
    from champions
),

seen as (
    select distinct
        champions.account_id,
        champions.email,
        user_days.used_on
    from champions
    inner join user_days
        on champions.account_id = user_days.account_id
        and champions.user_key = user_days.user_key
),

timeline as (
    select
        risk_days.account_id,
        persons.email,
        risk_days.scored_on,
        true as is_reported,
        cast(null as date) as used_on
    from risk_days
    inner join persons
        on risk_days.account_id = persons.account_id
        and risk_days.scored_on >= cast(coalesce(persons.created_at, timestamp '1900-01-01') as date)

    union all

    select account_id, email, used_on as scored_on, false as is_reported, used_on from seen
),

activity as (
    select
        account_id,
        email,
        scored_on,
        is_reported,
        max(used_on) over (partition by account_id, email order by scored_on) as last_used_on,
        count(used_on) over (partition by account_id, email order by scored_on) as used_days
    from timeline
)

select
    activity.account_id,
    activity.scored_on,
    activity.email,
    persons.name,
    case
        when cast(persons.deactivated_at as date) <= activity.scored_on then cast(persons.deactivated_at as date)
    end as left_on,
    activity.last_used_on,
    activity.used_days
from activity
inner join persons
    on activity.account_id = persons.account_id
    and activity.email = persons.email
where activity.is_reported
