with accounts as (
    select * from {{ ref('stg_churnzero__accounts') }}
)

select
    account_id as record_id,
    'external_id' as field,
    external_id as value
from accounts
where external_id is not null
union all
select
    account_id as record_id,
    'crm_id' as field,
    crm_id as value
from accounts
where crm_id is not null
