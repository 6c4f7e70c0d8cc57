with conversations as (
    select * from {{ ref('stg_intercom__conversations') }}
),

contacts as (
    select * from {{ ref('stg_intercom__contacts') }}
),

admins as (
    select * from {{ ref('stg_intercom__admins') }}
),

turns as (
    select * from {{ ref('int_intercom__conversation_turns') }}
),

job_titles as (
    {{ vocabulary('intercom', 'admin_job_title') }}
),

asked as (
    select
        conversations.*,
        turns.first_ai_answer_at,
        turns.first_customer_words,
        turns.last_ai_answer,
        turns.last_human_words,
        turns.handed_over_at,
        turns.hand_over_reason,
        turns.is_closed_by_human,
        turns.reopened_at,
        conversations.source_author_type in ('user', 'lead', 'contact') as is_begun_by_customer,
        coalesce(conversations.first_admin_reply_at, turns.first_human_reply_at) as first_human_reply_at,
        coalesce(conversations.last_close_at, turns.last_close_at) as closed_at,
        coalesce(conversations.admin_assignee_id, turns.first_human_id) as admin_id,
        coalesce(conversations.first_contact_reply_at, turns.first_customer_words_at) as customer_wrote_at
    from conversations
    left join turns on conversations.conversation_id = turns.conversation_id
)

select
    asked.conversation_id,
    contacts.company_id,
    asked.contact_id,
    coalesce(contacts.email, asked.source_author_email) as email,
    case when asked.is_begun_by_customer then asked.created_at else asked.customer_wrote_at end as asked_at,
    coalesce(case when asked.is_begun_by_customer then asked.source_body end, asked.first_customer_words)
        as question,
    coalesce(asked.title, asked.source_subject, asked.source_body) as subject,
    asked.first_ai_answer_at,
    asked.last_ai_answer,
    asked.first_human_reply_at,
    asked.last_human_words,
    asked.handed_over_at,
    asked.hand_over_reason,
    asked.reopened_at,
    asked.state,
    asked.closed_at,
    asked.priority,
    asked.source_type,
    asked.rating,
    asked.topic,
    asked.tags,
    asked.escalated_attribute,
    asked.has_ai_agent,
    asked.ai_agent_resolution_state,
    asked.ai_agent_sources,
    case
        when asked.first_human_reply_at is not null or coalesce(asked.is_closed_by_human, false)
            then coalesce(job_titles.value, 'agent')
        when asked.first_ai_answer_at is not null then 'ai'
        else coalesce(job_titles.value, 'agent')
    end as handled_by
from asked
left join contacts on asked.contact_id = contacts.contact_id
left join admins on asked.admin_id = admins.admin_id
left join job_titles on lower(trim(admins.job_title)) = job_titles.source_value
-- messages of ours that nobody answered are no contact with support
where asked.is_begun_by_customer or asked.customer_wrote_at is not null
