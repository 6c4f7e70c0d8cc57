with tickets as (
    select * from {{ ref('stg_hubspot__tickets') }}
),

contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where kind = 'tickets'
),

csms as (
    select * from {{ ref('int_hubspot__csms') }}
),

statuses as (
    {{ vocabulary('hubspot', 'ticket_status') }}
),

priorities as (
    {{ vocabulary('hubspot', 'ticket_priority') }}
),

channels as (
    {{ vocabulary('hubspot', 'ticket_channel') }}
)

select
    tickets.ticket_id as record_id,
    coalesce(tickets.company_id, contacts.company_id) as account_record_id,
    tickets.contact_id as user_record_id,
    contacts.email,
    tickets.created_at,
    tickets.first_response_at,
    tickets.first_human_response_at,
    tickets.closed_at as solved_at,
    tickets.reopened_at,
    case
        when tickets.closed_at is not null then 'solved'
        else coalesce(statuses.value, lower(tickets.stage))
    end as status,
    coalesce(priorities.value, lower(tickets.priority)) as priority,
    coalesce(channels.value, lower(tickets.channel)) as channel,
    case
        when lower(tickets.handled_by) in ('ai', 'agent', 'csm') then lower(tickets.handled_by)
        when csms.record_id is not null then 'csm'
        else 'agent'
    end as handled_by,
    tickets.is_escalated,
    tickets.csat,
    tickets.topic,
    tickets.subject
from tickets
left join contacts on tickets.contact_id = contacts.contact_id
left join csms on tickets.owner_id = csms.record_id
left join statuses on lower(trim(tickets.stage)) = statuses.source_value
left join priorities on lower(trim(tickets.priority)) = priorities.source_value
left join channels on lower(trim(tickets.channel)) = channels.source_value
left join merged on tickets.ticket_id = merged.record_id
where merged.record_id is null
