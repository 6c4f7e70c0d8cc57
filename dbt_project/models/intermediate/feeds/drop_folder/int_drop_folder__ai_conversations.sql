with ai_conversations as (
    select * from {{ ref('stg_drop_folder__ai_conversations') }}
)

select
    conversation_id as record_id,
    account_id as account_record_id,
    cast(null as varchar) as user_record_id,
    email,
    started_at,
    first_answer_at,
    question,
    answer,
    confidence,
    sources,
    source_snapshot_at,
    outcome,
    escalated_at,
    escalation_reason,
    ticket_id as ticket_record_id,
    resolved_at,
    resolved_by,
    resolution,
    is_answer_correct
from ai_conversations
