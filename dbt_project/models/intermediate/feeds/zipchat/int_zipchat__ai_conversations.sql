with conversations as (
    select * from {{ ref('stg_zipchat__conversations') }}
),

leads as (
    select * from {{ ref('stg_zipchat__leads') }}
),

turns as (
    select * from {{ ref('int_zipchat__conversation_turns') }}
),

last_words as (
    select
        conversation_id as record_id,
        last_customer_words as text
    from turns
    where is_last_word_the_customers and first_answer_at is not null
),

verdicts as (
    {{ words_found('zipchat', 'customer_verdict', 'last_words') }}
),

judged as (
    select
        conversations.*,
        turns.question,
        turns.first_answer_at,
        turns.last_ai_answer,
        turns.sources,
        turns.source_snapshot_at,
        turns.hand_over_reason,
        turns.last_human_words,
        coalesce(conversations.escalated_at, turns.first_human_reply_at) as handed_over_at,
        coalesce(conversations.escalation_resolved_at, turns.last_human_reply_at) as human_resolved_at,
        case
            when conversations.escalated_at is not null or conversations.is_with_human then 'escalated'
            when turns.first_human_reply_at is not null then 'escalated'
            when verdicts.value is not null then verdicts.value
            -- whoever says nothing more is taken to be content
            when turns.first_answer_at is not null and not turns.is_last_word_the_customers then 'assumed_resolved'
        end as outcome
    from conversations
    left join turns on conversations.conversation_id = turns.conversation_id
    left join verdicts on conversations.conversation_id = verdicts.record_id
)

select
    judged.conversation_id as record_id,
    leads.account_id as account_record_id,
    judged.lead_id as user_record_id,
    coalesce(judged.lead_email, leads.email) as email,
    judged.created_at as started_at,
    judged.first_answer_at,
    judged.question,
    judged.last_ai_answer as answer,
    cast(null as double) as confidence,
    judged.sources,
    judged.source_snapshot_at,
    judged.outcome,
    judged.handed_over_at as escalated_at,
    judged.hand_over_reason as escalation_reason,
    cast(null as varchar) as ticket_record_id,
    case
        when judged.outcome = 'escalated' and judged.escalation_resolved_at is not null
            then judged.escalation_resolved_at
        when judged.outcome = 'escalated' and not judged.is_with_human then judged.human_resolved_at
        when judged.outcome in ('assumed_resolved', 'confirmed_resolved') then judged.last_message_at
    end as resolved_at,
    case
        when judged.outcome in ('assumed_resolved', 'confirmed_resolved') then 'ai'
        when judged.last_human_words is not null then 'agent'
    end as resolved_by,
    case when judged.outcome = 'escalated' then judged.last_human_words end as resolution,
    cast(null as boolean) as is_answer_correct
from judged
left join leads on judged.lead_id = leads.lead_id
