with companies as (
    select * from {{ ref('stg_gainsight__companies') }}
)

select
    company_id as record_id,
    'external_id' as field,
    external_id as value
from companies
where external_id is not null
union all
select
    company_id as record_id,
    'sfdc_account_id' as field,
    sfdc_account_id as value
from companies
where sfdc_account_id is not null
