with source as (
    select * from {{ source('raw_ledger', 'knowledge_events') }}
),

renamed as (
    select
        event_id,
        candidate_id,
        changed_at,
        verdict,
        who as changed_by,
        why,
        question,
        answer
    from source
)

select * from renamed
