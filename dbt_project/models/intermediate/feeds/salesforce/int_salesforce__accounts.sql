with accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

merged as (
    select * from {{ ref('stg_salesforce__merged_accounts') }}
),

statuses as (
    {{ vocabulary('salesforce', 'account_status') }}
),

segments as (
    {{ vocabulary('salesforce', 'segment') }}
),

customers as (
    select
        accounts.account_id as record_id,
        accounts.name,
        accounts.domain,
        accounts.parent_account_id as parent_record_id,
        segments.value as segment,
        accounts.industry,
        accounts.employees,
        accounts.plan,
        accounts.region,
        accounts.csm_id as csm_record_id,
        accounts.signed_up_at,
        accounts.contract_started_on,
        accounts.renewal_on,
        accounts.arr,
        accounts.currency,
        statuses.value as status,
        accounts.churned_on,
        accounts.wants_human,
        accounts.has_executive_sponsor,
        accounts.configuration
    from accounts
    left join statuses on lower(trim(accounts.status)) = statuses.source_value
    left join segments on lower(trim(accounts.segment)) = segments.source_value
    -- a CRM also holds companies that never were customers
    where coalesce(statuses.value, '') <> 'prospect'
)

select * from customers

union all

-- what was merged into a customer is still named by others; it says nothing of its own
select
    merged.account_id as record_id,
    nothing.* exclude (record_id)
from merged
left join customers as nothing on false
where merged.merged_into in (select customers.record_id from customers)
    or merged.merged_into in (select others.account_id from merged as others)
