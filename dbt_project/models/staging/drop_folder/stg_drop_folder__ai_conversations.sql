with source as (
    select * from {{ source('raw_drop_folder', 'ai_conversations') }}
),

renamed as (
    select
        conversation_id,
        account_id,
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
        ticket_id,
        resolved_at,
        resolved_by,
        resolution,
        is_answer_correct
    from source
    where not _is_duplicate
)

select * from renamed
