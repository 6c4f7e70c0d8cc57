with source as (
    select * from {{ source('raw_hubspot', 'notes') }}
),

renamed as (
    select
        id as note_id,
        hs_timestamp as started_at,
        minutes,
        hubspot_owner_id as owner_id,
        company_id,
        contact_id,
        action_id
    from source
    where not coalesce(archived, false)
)

select * from renamed
