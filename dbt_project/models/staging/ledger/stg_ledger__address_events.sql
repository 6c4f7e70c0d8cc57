with source as (
    select * from {{ source('raw_ledger', 'address_events') }}
),

renamed as (
    select
        event_id,
        lower(trim(email)) as email,
        changed_at,
        kind,
        action_id,
        detail
    from source
)

select * from renamed
