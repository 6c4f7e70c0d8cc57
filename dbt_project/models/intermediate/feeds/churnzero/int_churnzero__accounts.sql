with accounts as (
    select * from {{ ref('stg_churnzero__accounts') }}
)

select
    account_id as record_id,
    name,
    cast(null as varchar) as domain,
    parent_account_id as parent_record_id,
    cast(null as varchar) as segment,
    cast(null as varchar) as industry,
    cast(null as bigint) as employees,
    cast(null as varchar) as plan,
    cast(null as varchar) as region,
    user_account_id as csm_record_id,
    cast(null as timestamp) as signed_up_at,
    started_on as contract_started_on,
    renewal_on,
    total_contract_amount as arr,
    cast(null as varchar) as currency,
    case when is_active then 'active' when not is_active then 'churned' end as status,
    case when not is_active then ended_on end as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    cast(null as varchar) as configuration
from accounts
