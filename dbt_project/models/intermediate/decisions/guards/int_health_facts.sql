with health as (
    select * from {{ ref('fct_account_health_daily') }}
),

rollout as (
    select * from {{ ref('int_rollout') }}
),

guards as (
    select * from {{ ref('guards') }}
),

live as (
    select health.*
    from health
    cross join rollout
    where health.date >= rollout.live_on
),

daily as (
    select
        account_id,
        date,
        'enterprise' as fact,
        cast(null as varchar) as evidence
    from live
    where segment = 'enterprise'

    union all

    select
        account_id,
        date,
        'stale_usage' as fact,
        stale_feeds as evidence
    from live
    where stale_feeds is not null

    union all

    select
        account_id,
        date,
        'unknown_score' as fact,
        cast(null as varchar) as evidence
    from live
    where score is null

    union all

    -- on any channel: who works through the API is not away
    select
        live.account_id,
        live.date,
        'recently_active' as fact,
        concat('last used on ', cast(live.date - cast(live.days_since_activity as integer) as varchar)) as evidence
    from live
    inner join guards
        on guards.fact = 'recently_active'
        and guards.valid_from = {{ policy_version(ref('guards'), 'live.date') }}
        and live.days_since_activity <= guards.limit_value
),

-- what is said of a day must not know of the days after it, so a stretch has one evidence
numbered as (
    select
        *,
        row_number() over (partition by account_id, fact, evidence order by date) as position
    from daily
)

select
    account_id,
    fact,
    '*' as play_id,
    min(date) as true_from,
    max(date) as true_through,
    evidence
from numbered
group by account_id, fact, evidence, date - cast(position as integer)
