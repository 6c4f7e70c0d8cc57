with source as (
    select * from {{ source('raw_drop_folder', 'accounts') }}
),

renamed as (
    select
        account_id,
        name,
        domain,
        segment,
        industry,
        employees,
        plan,
        region,
        csm_id,
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
        parent_account_id
    from source
    where not _is_duplicate
)

select * from renamed
