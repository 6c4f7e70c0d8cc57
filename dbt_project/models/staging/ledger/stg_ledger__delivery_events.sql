with source as (
    select * from {{ source('raw_ledger', 'delivery_events') }}
),

renamed as (
    select
        event_id,
        action_id,
        changed_at,
        from_state,
        to_state,
        attempt,
        who as changed_by,
        detail
    from source
)

select * from renamed
