{{ config(materialized='table') }}

with feeds as (
    {{ union_feeds('ai_conversations') }}
),

identity_keys as (
    select * from {{ ref('int_identity_keys') }}
),

resolved as (
    {{ resolved('feeds', by=['account', 'user', 'email']) }}
)

select
    {{ entity_id('resolved.system', 'resolved.record_id') }} as conversation_id,
    resolved.system,
    resolved.record_id,
    resolved.account_id,
    resolved.account_record_id,
    resolved.email,
    resolved.started_at,
    resolved.first_answer_at,
    resolved.question,
    resolved.answer,
    resolved.confidence,
    resolved.sources,
    resolved.source_snapshot_at,
    resolved.outcome,
    resolved.escalated_at,
    resolved.escalation_reason,
    resolved.ticket_record_id,
    resolved.resolved_at,
    resolved.resolved_by,
    resolved.resolution,
    resolved.is_answer_correct
from resolved
