with companies as (
    select * from {{ ref('stg_gainsight__companies') }}
),

statuses as (
    {{ vocabulary('gainsight', 'account_status') }}
)

select
    companies.company_id as record_id,
    companies.name,
    cast(null as varchar) as domain,
    companies.parent_company_id as parent_record_id,
    cast(null as varchar) as segment,
    companies.industry,
    companies.employees,
    cast(null as varchar) as plan,
    cast(null as varchar) as region,
    companies.csm_id as csm_record_id,
    cast(null as timestamp) as signed_up_at,
    companies.contract_started_on,
    companies.renewal_on,
    companies.arr,
    cast(null as varchar) as currency,
    statuses.value as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    cast(null as varchar) as configuration
from companies
left join statuses on lower(trim(companies.status)) = statuses.source_value
