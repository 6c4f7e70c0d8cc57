-- One row per ticket. It is created on a day (no time of day in the export: midnight) and closed at a time, which
-- is `resolution_time_hours` after that midnight for every ticket. 36 tickets are answered after they are closed.
select
    ticket_id,
    account_id,
    strptime(submitted_at, '%d-%m-%Y') as created_at,
    strptime(submitted_at, '%d-%m-%Y')
    + to_minutes(first_response_time_minutes::bigint) as first_response_at,
    strptime(closed_at, '%d-%m-%Y %H:%M') as solved_at,
    'solved' as status,
    priority,
    'agent' as handled_by,
    escalation_flag as is_escalated,
    satisfaction_score as csat
from read_csv('ravenstack_support_tickets.csv', all_varchar = true)
order by ticket_id
