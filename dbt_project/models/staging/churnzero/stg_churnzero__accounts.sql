with source as (
    select * from {{ source('raw_churnzero', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        external_id,
        crm_id,
        name,
        is_active,
        cast(start_date as date) as started_on,
        cast(end_date as date) as ended_on,
        cast(next_renewal_date as date) as renewal_on,
        total_contract_amount,
        user_account_id,
        parent_account_id
    from source
    where _dlt_valid_to is null
)

select * from renamed
