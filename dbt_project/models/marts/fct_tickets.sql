with tickets as (
    select * from {{ ref('int_tickets') }}
),

clocks as (
    select * from {{ ref('int_ticket_clocks') }}
),

conversations as (
    select * from {{ ref('int_conversations') }}
),

-- what the AI tier said first in the conversation that became the ticket
ai_answers as (
    select
        ticket_id,
        min({{ dbt.datediff('started_at', 'first_answer_at', 'millisecond') }}) / 1000.0 as first_response_seconds
    from conversations
    where ticket_id is not null
    group by ticket_id
)

select
    tickets.ticket_id,
    tickets.account_id,
    tickets.created_at,
    tickets.solved_at,
    tickets.status,
    tickets.priority,
    tickets.channel,
    tickets.handled_by,
    tickets.is_escalated,
    tickets.csat,
    tickets.topic,
    {{ minutes_between('tickets.created_at', 'tickets.first_response_at') }} as first_response_minutes,
    {{ minutes_between('tickets.created_at', 'tickets.first_human_response_at') }} as first_human_response_minutes,
    {{ minutes_between('tickets.created_at', 'tickets.solved_at') }} as resolution_minutes,
    tickets.reopened_at is not null as is_reopened,
    tickets.handled_by = 'ai' and not tickets.is_escalated as is_handled_by_ai,
    coalesce(
        ai_answers.first_response_seconds,
        case
            when tickets.handled_by = 'ai'
                then 60 * {{ minutes_between('tickets.created_at', 'tickets.first_response_at') }}
        end
    ) as first_ai_response_seconds,
    clocks.first_response_business_minutes,
    clocks.first_human_response_business_minutes,
    clocks.resolution_business_minutes
from tickets
left join clocks on tickets.ticket_id = clocks.ticket_id
left join ai_answers on tickets.ticket_id = ai_answers.ticket_id
where tickets.account_id is not null
order by tickets.created_at, tickets.ticket_id
