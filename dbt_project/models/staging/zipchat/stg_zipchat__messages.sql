with source as (
    select * from {{ source('raw_zipchat', 'messages') }}
),

read as (
    select
        *,
        {{ zipchat_text('message') }} as text
    from source
),

renamed as (
    select
        id as message_id,
        conversation_id,
        role,
        {{ plain_text("regexp_replace(text, '<p>\\s*Sources\\b.*?</p>', ' ', 'g')") }} as body,
        {{ cited_sources('text', 'links') }} as sources,
        try_cast(
            nullif(regexp_extract(text, 'Sources[^<]*\bas of\s+([0-9T:.+-]+)', 1), '') as timestamp
        ) as source_snapshot_at,
        coalesce(manual_reply, false) as is_by_human,
        status,
        created_at
    from read
)

select * from renamed
