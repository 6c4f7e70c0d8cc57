with cases as (
    select * from {{ ref('stg_salesforce__cases') }}
),

contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

csms as (
    select * from {{ ref('int_salesforce__csms') }}
),

statuses as (
    {{ vocabulary('salesforce', 'ticket_status') }}
),

priorities as (
    {{ vocabulary('salesforce', 'ticket_priority') }}
),

channels as (
    {{ vocabulary('salesforce', 'ticket_channel') }}
)

select
    cases.case_id as record_id,
    coalesce(cases.account_id, contacts.account_id) as account_record_id,
    cases.contact_id as user_record_id,
    cases.email,
    cases.created_at,
    cases.first_response_at,
    cases.first_human_response_at,
    cases.closed_at as solved_at,
    cases.reopened_at,
    case
        when cases.is_closed then 'solved'
        else coalesce(statuses.value, lower(cases.status))
    end as status,
    coalesce(priorities.value, lower(cases.priority)) as priority,
    coalesce(channels.value, lower(cases.origin)) as channel,
    case
        when lower(cases.handled_by) in ('ai', 'agent', 'csm') then lower(cases.handled_by)
        when csms.record_id is not null then 'csm'
        else 'agent'
    end as handled_by,
    cases.is_escalated,
    cases.csat,
    cases.topic,
    cases.subject
from cases
left join contacts on cases.contact_id = contacts.contact_id
left join csms on cases.owner_id = csms.record_id
left join statuses on lower(trim(cases.status)) = statuses.source_value
left join priorities on lower(trim(cases.priority)) = priorities.source_value
left join channels on lower(trim(cases.origin)) = channels.source_value
