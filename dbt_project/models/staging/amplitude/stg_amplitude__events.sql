with source as (
    select * from {{ source('raw_amplitude', 'events') }}
),

renamed as (
    select
        insert_id as event_id,
        event_time as occurred_at,
        cast(event_time as date) as used_on,
        event_type,
        user_id,
        device_id,
        group_id,
        platform,
        library,
        feature,
        event_channel,
        quantity,
        email,
        domain,
        event_properties
    from source
    where not _is_duplicate
)

select * from renamed
