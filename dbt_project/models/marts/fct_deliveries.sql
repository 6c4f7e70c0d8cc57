with deliveries as (
    select * from {{ ref('stg_ledger__deliveries') }}
),

events as (
    select * from {{ ref('stg_ledger__delivery_events') }}
),

event_summary as (
    select
        action_id,
        max(changed_at) as last_changed_at,
        count(case when to_state = 'failed' then 1 end) as failed_attempts,
        max(case when to_state = 'held' then 1 else 0 end) = 1 as was_held
    from events
    group by action_id
)

select
    deliveries.action_id,
    deliveries.channel,
    deliveries.state,
    deliveries.account_id,
    deliveries.play_id,
    deliveries.activity,
    deliveries.mode,
    deliveries.is_immediate,
    deliveries.decided_for,
    deliveries.suppressed_by,
    deliveries.enqueued_at,
    deliveries.sla_due_at,
    deliveries.attempts,
    coalesce(event_summary.failed_attempts, 0) as failed_attempts,
    coalesce(event_summary.was_held, false) as was_held,
    deliveries.first_attempt_at,
    deliveries.delivered_at,
    deliveries.destination,
    deliveries.destination_ref,
    deliveries.last_error,
    deliveries.expires_at,
    deliveries.approved_at,
    deliveries.approved_by,
    {{ dbt.datediff('enqueued_at', 'first_attempt_at', 'second') }}
        as seconds_to_first_attempt,
    {{ dbt.datediff('enqueued_at', 'delivered_at', 'second') }}
        as seconds_to_delivery,
    coalesce(event_summary.last_changed_at, deliveries.enqueued_at) as last_changed_at
from deliveries
left join event_summary using (action_id)
order by deliveries.enqueued_at, deliveries.action_id
