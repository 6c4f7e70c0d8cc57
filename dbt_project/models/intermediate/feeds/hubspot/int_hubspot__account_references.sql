with companies as (
    select * from {{ ref('stg_hubspot__companies') }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where kind = 'companies'
)

select
    companies.company_id as record_id,
    'product_account_id' as field,
    companies.product_account_id as value
from companies
where companies.product_account_id is not null

union all

select
    record_id,
    'merged_into' as field,
    merged_into as value
from merged
