with companies as (
    select * from {{ ref('stg_intercom__companies') }}
)

select
    company_id as record_id,
    name,
    domain,
    cast(null as varchar) as parent_record_id,
    cast(null as varchar) as segment,
    industry,
    employees,
    plan,
    cast(null as varchar) as region,
    cast(null as varchar) as csm_record_id,
    signed_up_at,
    cast(null as date) as contract_started_on,
    cast(null as date) as renewal_on,
    -- a monthly spend without a currency is no revenue anybody could add up
    cast(null as double) as arr,
    cast(null as varchar) as currency,
    cast(null as varchar) as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    cast(null as varchar) as configuration
from companies
