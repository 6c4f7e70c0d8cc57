with source as (
    select * from {{ source('raw_hubspot', 'meetings') }}
),

renamed as (
    select
        id as meeting_id,
        hs_meeting_title as subject,
        hs_activity_type as type,
        hs_meeting_outcome as status,
        coalesce(hs_meeting_start_time, hs_timestamp) as started_at,
        coalesce(minutes, {{ minutes_between('hs_meeting_start_time', 'hs_meeting_end_time') }}) as minutes,
        hubspot_owner_id as owner_id,
        company_id,
        contact_id,
        action_id
    from source
    where not coalesce(archived, false)
)

select * from renamed
