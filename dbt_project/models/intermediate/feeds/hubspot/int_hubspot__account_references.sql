with companies as (
    select * from {{ ref('stg_hubspot__companies') }}
)

select
    company_id as record_id,
    'product_account_id' as field,
    product_account_id as value
from companies
where product_account_id is not null
