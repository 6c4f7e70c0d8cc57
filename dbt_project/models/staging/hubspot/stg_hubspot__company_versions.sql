with source as (
    select * from {{ source('raw_hubspot', 'companies') }}
),

renamed as (
    select
        id as company_id,
        coalesce(csm_id, hubspot_owner_id) as csm_id,
        status,
        archived as is_deleted,
        arr,
        plan,
        _dlt_valid_from as valid_from,
        _dlt_valid_to as valid_to
    from source
)

select * from renamed
