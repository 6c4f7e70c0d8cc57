with contacts_with_support as (
    select * from {{ ref('int_intercom__contacts_with_support') }}
),

tagged as (
    select
        conversation_id as record_id,
        tags as text
    from contacts_with_support
),

tagged_as_escalated as (
    {{ words_found('intercom', 'escalation_tag', 'tagged') }}
),

escalation_words as (
    {{ vocabulary('intercom', 'escalated_attribute') }}
),

statuses as (
    {{ vocabulary('intercom', 'ticket_status') }}
),

priorities as (
    {{ vocabulary('intercom', 'ticket_priority') }}
),

channels as (
    {{ vocabulary('intercom', 'ticket_channel') }}
)

select
    asked.conversation_id as record_id,
    asked.company_id as account_record_id,
    asked.contact_id as user_record_id,
    asked.email,
    asked.asked_at as created_at,
    least(asked.first_ai_answer_at, asked.first_human_reply_at) as first_response_at,
    asked.first_human_reply_at as first_human_response_at,
    asked.closed_at as solved_at,
    asked.reopened_at,
    coalesce(statuses.value, asked.state) as status,
    coalesce(priorities.value, lower(asked.priority)) as priority,
    coalesce(channels.value, asked.source_type) as channel,
    asked.handled_by,
    tagged_as_escalated.record_id is not null or coalesce(escalation_words.value = 'escalated', false) as is_escalated,
    cast(asked.rating as double) as csat,
    asked.topic,
    asked.subject
from contacts_with_support as asked
left join tagged_as_escalated on asked.conversation_id = tagged_as_escalated.record_id
left join escalation_words on lower(asked.escalated_attribute) = escalation_words.source_value
left join statuses on asked.state = statuses.source_value
left join priorities on lower(asked.priority) = priorities.source_value
left join channels on asked.source_type = channels.source_value
