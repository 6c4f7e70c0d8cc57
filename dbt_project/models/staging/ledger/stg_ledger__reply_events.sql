with source as (
    select * from {{ source('raw_ledger', 'reply_events') }}
),

renamed as (
    select
        event_id,
        action_id,
        changed_at,
        kind,
        author,
        replied_at
    from source
)

select * from renamed
