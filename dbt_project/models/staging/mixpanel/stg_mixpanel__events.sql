with source as (
    select * from {{ source('raw_mixpanel', 'events') }}
),

renamed as (
    select
        insert_id as event_id,
        time as occurred_at,
        cast(time as date) as used_on,
        event,
        distinct_id,
        user_id,
        group_id,
        library,
        os,
        feature,
        event_channel,
        quantity,
        email,
        domain,
        properties
    from source
    where not _is_duplicate
)

select * from renamed
