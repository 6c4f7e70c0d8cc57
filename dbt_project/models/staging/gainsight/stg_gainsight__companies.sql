with source as (
    select * from {{ source('raw_gainsight', 'companies') }}
),

renamed as (
    select
        gsid as company_id,
        name,
        industry,
        coalesce(arr, mrr * 12) as arr,
        coalesce(status, stage, lifecycle_stage) as status,
        coalesce(csm, csm_name) as csm_id,
        csm_name,
        nullif(lower(csm_email), '') as csm_email,
        employees,
        original_contract_date as contract_started_on,
        renewal_date as renewal_on,
        external_id,
        sfdc_account_id,
        parent_company_id,
        overall_score,
        created_date as created_at,
        modified_date as modified_at
    from source
    where _dlt_valid_to is null
)

select * from renamed
