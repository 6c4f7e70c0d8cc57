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
left join merged on companies.company_id = merged.record_id
where companies.product_account_id is not null
    and merged.record_id is null

union all

select
    record_id,
    'merged_into' as field,
    merged_into as value
from merged
