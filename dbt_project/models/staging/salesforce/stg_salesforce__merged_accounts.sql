with source as (
    select * from {{ source('raw_salesforce', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        product_account_id,
        master_record_id as merged_into
    from source
    where
        _dlt_valid_to is null
        and is_deleted
        and master_record_id <> ''
)

select * from renamed
