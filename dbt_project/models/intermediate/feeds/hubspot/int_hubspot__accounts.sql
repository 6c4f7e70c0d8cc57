with companies as (
    select * from {{ ref('stg_hubspot__companies') }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where kind = 'companies'
),

statuses as (
    {{ vocabulary('hubspot', 'account_status') }}
),

segments as (
    {{ vocabulary('hubspot', 'segment') }}
),

customers as (
    select
        companies.company_id as record_id,
        companies.name,
        companies.domain,
        companies.parent_company_id as parent_record_id,
        segments.value as segment,
        companies.industry,
        companies.employees,
        companies.plan,
        companies.region,
        companies.csm_id as csm_record_id,
        companies.signed_up_at,
        companies.contract_started_on,
        companies.renewal_on,
        companies.arr,
        companies.currency,
        statuses.value as status,
        companies.churned_on,
        companies.wants_human,
        companies.has_executive_sponsor,
        companies.configuration
    from companies
    left join merged on companies.company_id = merged.record_id
    left join statuses on lower(trim(companies.status)) = statuses.source_value
    left join segments on lower(trim(companies.segment)) = segments.source_value
    -- a CRM also holds companies that never were customers
    where coalesce(statuses.value, '') <> 'prospect'
        and merged.record_id is null
)

select * from customers

union all

-- what was merged into a customer is still named by others; it says nothing of its own
select
    merged.record_id,
    nothing.* exclude (record_id)
from merged
left join customers as nothing on false
where merged.merged_into in (select customers.record_id from customers)
    or merged.merged_into in (select others.record_id from merged as others)
