with accounts as (
    select * from {{ ref('stg_pendo__accounts') }}
)

select
    account_id as record_id,
    'account_id' as field,
    account_id as value
from accounts

union all

select
    account_id as record_id,
    'salesforce_id' as field,
    salesforce_id as value
from accounts
where salesforce_id is not null
