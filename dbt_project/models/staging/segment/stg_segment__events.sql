with source as (
    select * from {{ source('raw_segment', 'events') }}
),

renamed as (
    select
        source.message_id as event_id,
        source.timestamp as occurred_at,
        cast(source.timestamp as date) as used_on,
        source.type,
        source.event,
        source.name,
        source.user_id,
        source.anonymous_id,
        source.group_id,
        source.library,
        source.channel,
        source.feature,
        source.event_channel,
        source.quantity,
        source.email,
        source.domain,
        source.properties,
        -- the archive has a folder for each source
        split_part(source._file, '/', 1) as source_id
    from source
    where not source._is_duplicate
)

select * from renamed
