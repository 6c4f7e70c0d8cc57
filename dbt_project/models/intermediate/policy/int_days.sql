{{ config(materialized='table') }}

with run as (
    select * from {{ ref('int_run') }}
),

accounts as (
    select * from {{ ref('int_accounts') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

tickets as (
    select * from {{ ref('int_tickets') }}
),

conversations as (
    select * from {{ ref('int_ai_conversations') }}
),

responses as (
    select * from {{ ref('int_survey_responses') }}
),

beginnings as (
    select min(used_on) as first_seen_on from usage
    union all
    select min(cast(created_at as date)) as first_seen_on from tickets
    union all
    select min(cast(started_at as date)) as first_seen_on from conversations
    union all
    select min(cast(submitted_at as date)) as first_seen_on from responses
),

-- contracts are older than the feeds: of days nothing is known of, nothing can be said
bounds as (
    select
        greatest(
            min(accounts.started_on),
            (select min(first_seen_on) from beginnings)
        ) as first_day,
        max(run.as_of) as last_day
    from accounts
    cross join run
)

select cast({{ day_range('first_day', 'last_day') }} as date) as day
from bounds
