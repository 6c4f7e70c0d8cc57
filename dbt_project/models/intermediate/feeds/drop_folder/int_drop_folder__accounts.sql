with accounts as (
    select * from {{ ref('stg_drop_folder__accounts') }}
)

select
    account_id as record_id,
    name,
    domain,
    parent_account_id as parent_record_id,
    segment,
    industry,
    employees,
    plan,
    region,
    csm_id as csm_record_id,
    signed_up_at,
    contract_started_on,
    renewal_on,
    arr,
    currency,
    status,
    churned_on,
    wants_human,
    has_executive_sponsor
from accounts
