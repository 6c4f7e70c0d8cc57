with accounts as (
    select * from {{ ref('stg_totango__accounts') }}
),

statuses as (
    {{ vocabulary('totango', 'account_status') }}
)

select
    accounts.account_id as record_id,
    accounts.display_name as name,
    cast(null as varchar) as domain,
    cast(null as varchar) as parent_record_id,
    cast(null as varchar) as segment,
    cast(null as varchar) as industry,
    cast(null as bigint) as employees,
    cast(null as varchar) as plan,
    cast(null as varchar) as region,
    accounts.success_manager as csm_record_id,
    cast(null as timestamp) as signed_up_at,
    accounts.contract_started_on,
    accounts.renewal_on,
    accounts.contract_value as arr,
    cast(null as varchar) as currency,
    statuses.value as status,
    cast(null as date) as churned_on,
    cast(null as boolean) as wants_human,
    cast(null as boolean) as has_executive_sponsor,
    cast(null as varchar) as configuration
from accounts
left join statuses on lower(trim(accounts.status_group)) = statuses.source_value
