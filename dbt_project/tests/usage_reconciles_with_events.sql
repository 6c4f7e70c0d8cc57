-- Nothing lost or doubled between the loaded events and the daily mart, per account.
with loaded as (
    select account_id, count(*) as events
    from {{ ref('int_usage_events') }}
    where account_id is not null
    group by account_id
),

mart as (
    select account_id, sum(events) as events
    from {{ ref('fct_usage_daily') }}
    group by account_id
)

select
    account_id,
    loaded.events as events_loaded,
    mart.events as events_in_mart
from loaded
full outer join mart using (account_id)
where loaded.events is distinct from mart.events
