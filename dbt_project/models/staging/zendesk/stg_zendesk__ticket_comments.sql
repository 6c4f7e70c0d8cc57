with source as (
    select * from {{ source('raw_zendesk', 'ticket_comments') }}
),

renamed as (
    select
        id as comment_id,
        ticket_id,
        author_id,
        coalesce(is_public, false) as is_public,
        body,
        created_at
    from source
)

select * from renamed
