with source as (
    select * from {{ source('raw_drop_folder', 'usage_events') }}
),

renamed as (
    select
        event_id,
        occurred_at,
        cast(occurred_at as date) as used_on,
        account_id,
        user_id,
        email,
        domain,
        event,
        feature,
        coalesce(channel, 'ui') as channel,
        quantity,
        properties
    from source
    where not _is_duplicate
)

select * from renamed
