with tickets as (
    select * from {{ ref('stg_zendesk__tickets') }}
),

users as (
    select * from {{ ref('stg_zendesk__users') }}
),

staff as (
    select * from {{ ref('int_zendesk__staff') }}
),

responses as (
    select * from {{ ref('int_zendesk__ticket_responses') }}
),

clocks as (
    select * from {{ ref('int_zendesk__ticket_clocks') }}
),

attributes as (
    select * from {{ ref('int_zendesk__ticket_attributes') }}
),

tagged as (
    select
        ticket_id as record_id,
        tags as text
    from tickets
),

tagged_as_escalated as (
    {{ words_found('zendesk', 'escalation_tag', 'tagged') }}
),

ratings as (
    {{ vocabulary('zendesk', 'csat') }}
),

statuses as (
    {{ vocabulary('zendesk', 'ticket_status') }}
),

channels as (
    {{ vocabulary('zendesk', 'ticket_channel') }}
)

select
    tickets.ticket_id as record_id,
    coalesce(tickets.organization_id, requesters.organization_id) as account_record_id,
    tickets.requester_id as user_record_id,
    requesters.email,
    tickets.created_at,
    responses.first_response_at,
    responses.first_human_response_at,
    clocks.solved_at,
    clocks.reopened_at,
    coalesce(statuses.value, tickets.status) as status,
    tickets.priority,
    coalesce(channels.value, tickets.channel) as channel,
    case
        when attributes.handled_by in ('ai', 'agent', 'csm') then attributes.handled_by
        when responses.first_human_response_at is not null then 'agent'
        when responses.first_response_at is not null or coalesce(assignees.is_ai, false) then 'ai'
        else 'agent'
    end as handled_by,
    tagged_as_escalated.record_id is not null as is_escalated,
    coalesce(attributes.csat, try_cast(ratings.value as double)) as csat,
    attributes.topic,
    tickets.subject
from tickets
left join users as requesters on tickets.requester_id = requesters.user_id
left join staff as assignees on tickets.assignee_id = assignees.user_id
left join responses on tickets.ticket_id = responses.ticket_id
left join clocks on tickets.ticket_id = clocks.ticket_id
left join attributes on tickets.ticket_id = attributes.ticket_id
left join tagged_as_escalated on tickets.ticket_id = tagged_as_escalated.record_id
left join ratings on tickets.rating = ratings.source_value
left join statuses on tickets.status = statuses.source_value
left join channels on tickets.channel = channels.source_value
