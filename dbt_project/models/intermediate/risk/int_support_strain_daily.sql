{{ config(materialized='table') }}

{% set measures = ['contacts', 'escalations', 'recontacts'] %}

with risk_days as (
    select * from {{ ref('int_risk_days') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

churn_windows as (
    select * from {{ ref('churn_windows') }}
),

days as (
    select
        account_id,
        scored_on,
        support_days as window_days
    from risk_days
),

{{ window_starts('days') }},

dated as (
    select
        account_id,
        cast(created_at as date) as created_on,
        is_escalated,
        cast(created_at as date) - cast(
            lag(created_at) over (partition by account_id, lower(email), topic order by created_at) as date
        ) as days_since_same
    from tickets
    where account_id is not null
),

contacts as (
    select
        windows.account_id,
        windows.window_days,
        dated.created_on as happened_on,
        count(*) as contacts,
        sum(case when dated.is_escalated then 1 else 0 end) as escalations,
        sum(case when dated.days_since_same <= churn_windows.recontact_days then 1 else 0 end) as recontacts
    from windows
    inner join dated
        on windows.account_id = dated.account_id
        and windows.opens_on <= dated.created_on
    inner join churn_windows
        on churn_windows.valid_from = {{ policy_version(ref('churn_windows'), 'dated.created_on') }}
    group by windows.account_id, windows.window_days, dated.created_on
),

{{ sum_steps('contacts', measures) }},

{{ rolling_totals('days', 'steps', measures) }}

select
    account_id,
    scored_on,
    cast(contacts as bigint) as contacts,
    cast(escalations as bigint) as escalations,
    cast(recontacts as bigint) as recontacts
from rolling
