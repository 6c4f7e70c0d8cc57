with source as (
    select * from {{ source('raw_salesforce', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        coalesce(csm_id, owner_id) as csm_id,
        status,
        coalesce(is_deleted, false) as is_deleted,
        arr,
        plan,
        _dlt_valid_from as valid_from,
        _dlt_valid_to as valid_to
    from source
)

select * from renamed
