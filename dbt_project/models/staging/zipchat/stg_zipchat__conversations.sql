with source as (
    select * from {{ source('raw_zipchat', 'conversations') }}
),

renamed as (
    select
        id as conversation_id,
        created_at,
        last_message_at,
        channel,
        coalesce(manual_reply_mode, false) as is_with_human,
        last_escalated_at as escalated_at,
        last_escalation_resolved_at as escalation_resolved_at,
        assignee_id,
        lead_id,
        lead_full_name as lead_name,
        lead_email
    from source
)

select * from renamed
