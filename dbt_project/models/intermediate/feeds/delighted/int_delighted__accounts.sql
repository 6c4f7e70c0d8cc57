with survey_responses as (
    select * from {{ ref('stg_delighted__survey_responses') }}
)

select distinct
    account_id as record_id,
    cast(null as varchar) as name,
    cast(null as varchar) as domain,
    cast(null as varchar) as parent_record_id,
    cast(null as varchar) as segment,
    cast(null as varchar) as industry,
    cast(null as bigint) as employees,
    cast(null as varchar) as plan,
    cast(null as varchar) as region,
    cast(null as varchar) as csm_record_id,
    cast(null as timestamp) as signed_up_at,
    cast(null as date) as contract_started_on,
    cast(null as date) as renewal_on,
    cast(null as double) as arr,
    cast(null as varchar) as currency,
    cast(null as varchar) as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    cast(null as varchar) as configuration
from survey_responses
where account_id is not null
