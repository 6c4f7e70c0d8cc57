{{ config(severity="warn") }}

with deliveries as (
    select * from {{ ref('fct_deliveries') }}
),

events as (
    select * from {{ ref('stg_ledger__delivery_events') }}
),

numbered as (
    select
        action_id,
        to_state,
        row_number() over (partition by action_id order by event_id desc) as recency
    from events
)

select
    deliveries.action_id,
    deliveries.state,
    numbered.to_state,
    deliveries.delivered_at
from deliveries
left join numbered on deliveries.action_id = numbered.action_id and numbered.recency = 1
where
    numbered.to_state is distinct from deliveries.state
    or (deliveries.state = 'delivered') <> (deliveries.delivered_at is not null)
