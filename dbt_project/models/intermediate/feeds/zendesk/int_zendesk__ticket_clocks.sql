with events as (
    select * from {{ ref('stg_zendesk__ticket_metric_events') }}
)

-- The requester's wait ends when the ticket is solved; it has a second instance when the ticket is opened again.
select
    ticket_id,
    max(occurred_at) filter (where event_type = 'fulfill') as solved_at,
    max(occurred_at) filter (where event_type = 'activate' and is_first_of_instance and instance_id > 1) as reopened_at
from (
    select
        *,
        row_number() over (
            partition by ticket_id, instance_id
            order by case when event_type = 'activate' then 0 else 1 end, occurred_at, event_id
        ) = 1 as is_first_of_instance
    from events
    where metric = 'requester_wait_time'
) as waits
group by ticket_id
