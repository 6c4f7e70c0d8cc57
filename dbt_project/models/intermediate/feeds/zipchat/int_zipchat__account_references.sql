with leads as (
    select * from {{ ref('stg_zipchat__leads') }}
)

select distinct
    account_id as record_id,
    'account_id' as field,
    account_id as value
from leads
where account_id is not null
