with source as (
    select * from {{ source('raw_tierline', 'account_records') }}
),

renamed as (
    select
        system,
        record_id,
        account_id
    from source
)

select * from renamed
