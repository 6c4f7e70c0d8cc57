with source as (
    select * from {{ source('raw_intercom', 'conversations') }}
),

renamed as (
    select
        id as conversation_id,
        title,
        state,
        coalesce(priority_attribute, priority) as priority,
        created_at,
        updated_at,
        admin_assignee_id,
        contact_id,
        source_type,
        source_delivered_as as delivered_as,
        {{ plain_text('source_subject') }} as source_subject,
        {{ plain_text('source_body') }} as source_body,
        source_author_type,
        source_author_email,
        coalesce(first_contact_reply_at, first_contact_reply_created_at) as first_contact_reply_at,
        first_admin_reply_at,
        first_close_at,
        last_close_at,
        count_reopens,
        rating,
        coalesce(ai_agent_participated, false) as has_ai_agent,
        ai_agent_resolution_state,
        ai_agent_rating,
        {{ cited_sources('ai_agent_content_sources', 'json') }} as ai_agent_sources,
        cast(tags as varchar) as tags,
        topic,
        escalated_attribute
    from source
)

select * from renamed
