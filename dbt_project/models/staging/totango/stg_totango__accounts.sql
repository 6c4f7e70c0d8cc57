with source as (
    select * from {{ source('raw_totango', 'accounts') }}
),

renamed as (
    select
        name as account_id,
        display_name,
        status_group,
        success_manager,
        contract_value,
        contract_start_date as contract_started_on,
        contract_renewal_date as renewal_on,
        salesforce_id
    from source
    where _dlt_valid_to is null
)

select * from renamed
