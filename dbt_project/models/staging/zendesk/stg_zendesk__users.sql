with source as (
    select * from {{ source('raw_zendesk', 'users') }}
),

renamed as (
    select
        id as user_id,
        external_id,
        name,
        nullif(lower(email), '') as email,
        role,
        coalesce(active, true) as is_active,
        organization_id,
        created_at,
        updated_at
    from source
)

select * from renamed
