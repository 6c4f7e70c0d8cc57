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
),

-- an edit stays where it waits, and its words stay in the ledger
reviews as (
    select
        action_id,
        changed_by as reviewed_by,
        detail as review_words,
        row_number() over (partition by action_id order by changed_at desc, event_id desc) as place
    from events
    where from_state = 'awaiting_approval'
        and to_state <> 'awaiting_approval'
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
    deliveries.published_at,
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
    {{ dbt.datediff('published_at', 'delivered_at', 'second') }}
        as seconds_from_publication_to_delivery,
    coalesce(event_summary.last_changed_at, deliveries.enqueued_at) as last_changed_at,
    reviews.reviewed_by,
    reviews.review_words
from deliveries
left join event_summary using (action_id)
left join reviews on deliveries.action_id = reviews.action_id and reviews.place = 1
order by deliveries.enqueued_at, deliveries.action_id
