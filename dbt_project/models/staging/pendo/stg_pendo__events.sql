with source as (
    select * from {{ source('raw_pendo', 'events') }}
),

renamed as (
    select
        event_id,
        day as occurred_at,
        cast(day as date) as used_on,
        feature_id,
        page_id,
        track_type_id,
        account_id,
        visitor_id,
        app_id,
        case
            when feature_id is not null then 'feature'
            when page_id is not null then 'page'
            when track_type_id is not null then 'track'
        end as kind,
        user_agent,
        num_events,
        num_minutes
    from source
    where not _is_duplicate
)

select * from renamed
