with source as (
    select * from {{ source('raw_tierline', 'identity_moves') }}
),

renamed as (
    select
        as_of,
        system,
        record_id,
        from_account_id,
        to_account_id
    from source
)

select * from renamed
