with deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

events as (
    select * from {{ ref('stg_ledger__delivery_events') }}
),

latest as (
    select
        action_id,
        max(event_id) as event_id
    from events
    group by action_id
)

select
    deliveries.action_id,
    deliveries.state,
    events.to_state,
    deliveries.delivered_at
from deliveries
left join latest using (action_id)
left join events using (event_id)
where
    events.to_state is distinct from deliveries.state
    or (deliveries.state = 'delivered') <> (deliveries.delivered_at is not null)
