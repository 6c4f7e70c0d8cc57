with source as (
    select * from {{ source('raw_intercom', 'conversation_parts') }}
),

renamed as (
    select
        id as part_id,
        conversation_id,
        part_type,
        case when not coalesce(is_redacted, false) then {{ plain_text('body') }} end as body,
        created_at,
        author_type,
        author_id,
        coalesce(author_from_ai_agent, false) as is_from_ai_agent,
        coalesce(author_is_ai_answer, false) as is_ai_answer,
        assigned_to_id
    from source
)

select * from renamed
