with source as (
    select * from {{ source('raw_salesforce', 'accounts') }}
),

renamed as (
    select
        id as account_id,
        name,
        {{ web_domain('website') }} as domain,
        nullif(parent_id, '') as parent_account_id,
        segment,
        industry,
        number_of_employees as employees,
        plan,
        coalesce(region, billing_country) as region,
        coalesce(csm_id, owner_id) as csm_id,
        signed_up_at,
        contract_started_on,
        renewal_on,
        arr,
        upper(currency) as currency,
        status,
        churned_on,
        coalesce(wants_human, false) as wants_human,
        coalesce(has_executive_sponsor, false) as has_executive_sponsor,
        {{ configuration_words('configuration') }} as configuration,
        product_account_id,
        created_date as created_at,
        system_modstamp as changed_at
    from source
    where
        _dlt_valid_to is null
        and not coalesce(is_deleted, false)
)

select * from renamed
