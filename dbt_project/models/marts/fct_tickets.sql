with tickets as (
    select * from {{ ref('int_tickets') }}
)

select
    ticket_id,
    account_id,
    created_at,
    solved_at,
    status,
    priority,
    channel,
    handled_by,
    is_escalated,
    csat,
    topic,
    {{ minutes_between('created_at', 'first_response_at') }} as first_response_minutes,
    {{ minutes_between('created_at', 'first_human_response_at') }} as first_human_response_minutes,
    {{ minutes_between('created_at', 'solved_at') }} as resolution_minutes,
    reopened_at is not null as is_reopened,
    handled_by = 'ai' and not is_escalated as is_handled_by_ai
from tickets
where account_id is not null
order by created_at, ticket_id
