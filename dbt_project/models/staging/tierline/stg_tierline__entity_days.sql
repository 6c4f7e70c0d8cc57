with source as (
    select * from {{ source('raw_tierline', 'entity_days') }}
),

renamed as (
    select
        entity,
        account_id,
        changed_on,
        digest
    from source
)

select * from renamed
