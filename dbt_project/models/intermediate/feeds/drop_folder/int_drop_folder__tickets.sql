with tickets as (
    select * from {{ ref('stg_drop_folder__tickets') }}
)

select
    ticket_id as record_id,
    account_id as account_record_id,
    cast(null as varchar) as user_record_id,
    requester_email as email,
    created_at,
    first_response_at,
    first_human_response_at,
    solved_at,
    reopened_at,
    status,
    priority,
    channel,
    handled_by,
    is_escalated,
    csat,
    topic,
    subject
from tickets
