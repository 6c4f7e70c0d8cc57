with source as (
    select * from {{ source('raw_zendesk', 'ticket_fields') }}
),

renamed as (
    select
        id as field_id,
        title,
        type,
        coalesce(active, true) as is_active
    from source
)

select * from renamed
