with source as (
    select * from {{ source('raw_hubspot', 'calls') }}
),

renamed as (
    select
        id as call_id,
        hs_call_title as subject,
        hs_activity_type as type,
        hs_call_status as status,
        hs_timestamp as started_at,
        coalesce(minutes, hs_call_duration / 60000.0) as minutes,
        hubspot_owner_id as owner_id,
        company_id,
        contact_id,
        action_id
    from source
    where not coalesce(archived, false)
)

select * from renamed
