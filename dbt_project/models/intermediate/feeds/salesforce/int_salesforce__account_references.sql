with accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

merged as (
    select * from {{ ref('stg_salesforce__merged_accounts') }}
)

select
    account_id as record_id,
    'product_account_id' as field,
    product_account_id as value
from accounts
where product_account_id is not null

union all

-- what was merged into another leads its workspace there
select
    account_id as record_id,
    'product_account_id' as field,
    product_account_id as value
from merged
where product_account_id is not null

union all

select
    account_id as record_id,
    'merged_into' as field,
    merged_into as value
from merged
