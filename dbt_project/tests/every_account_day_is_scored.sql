-- Joins lose nothing: each day of each account's life that feeds tell of has one health row, and no other day has.
with life as (
    select
        accounts.account_id,
        days.day
    from {{ ref('int_accounts') }} as accounts
    inner join {{ ref('int_days') }} as days on days.day between accounts.started_on and accounts.last_on
),

health as (
    select account_id, date as day from {{ ref('fct_account_health_daily') }}
)

select
    life.account_id as account_to_score,
    health.account_id as account_scored,
    coalesce(life.day, health.day) as day
from life
full outer join health
    on life.account_id = health.account_id
    and life.day = health.day
where life.account_id is null or health.account_id is null
