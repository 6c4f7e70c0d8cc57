with source as (
    select * from {{ source('raw_hubspot', 'companies') }}
),

renamed as (
    select
        id as company_id,
        name,
        {{ web_domain('coalesce(domain, website)') }} as domain,
        nullif(hs_parent_company_id, '') as parent_company_id,
        segment,
        industry,
        cast(numberofemployees as bigint) as employees,
        plan,
        coalesce(region, country) as region,
        coalesce(csm_id, hubspot_owner_id) as csm_id,
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
        created_at,
        updated_at as changed_at
    from source
    where
        _dlt_valid_to is null
        and not coalesce(archived, false)
)

select * from renamed
