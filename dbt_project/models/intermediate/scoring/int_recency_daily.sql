{{ config(materialized='table') }}

with account_days as (
    select * from {{ ref('int_account_days') }}
),

scope as (
    select * from {{ ref('int_scoring_scope') }}
),

usage as (
    select * from {{ ref('int_usage_daily') }}
),

feed as (
    select min(used_on) as covered_from from usage
),

-- any channel counts: an account working through the API is active
timeline as (
    select
        account_id,
        scored_on,
        age_days,
        cast(null as date) as used_on
    from account_days

    union all

    select distinct
        usage.account_id,
        usage.used_on as scored_on,
        cast(null as integer) as age_days,
        usage.used_on
    from usage
    inner join scope on usage.account_id = scope.account_id
),

last_used as (
    select
        account_id,
        scored_on,
        age_days,
        max(used_on) over (partition by account_id order by scored_on) as last_used_on
    from timeline
)

select
    last_used.account_id,
    last_used.scored_on,
    last_used.last_used_on,
    -- an account that never used anything has been away since it began, as far as the feed can tell
    case
        when last_used.scored_on >= feed.covered_from
            then coalesce(
                    last_used.scored_on - last_used.last_used_on,
                    least(last_used.age_days, last_used.scored_on - feed.covered_from)
                )
    end as days_since_activity
from last_used
cross join feed
where last_used.age_days is not null
