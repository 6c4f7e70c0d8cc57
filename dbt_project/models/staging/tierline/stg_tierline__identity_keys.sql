with source as (
    select * from {{ source('raw_tierline', 'identity_keys') }}
),

renamed as (
    select
        kind,
        system,
        key,
        account_id
    from source
)

select * from renamed
