with accounts as (
    select * from {{ ref('stg_drop_folder__accounts') }}
)

select
    account_id as record_id,
    'account_id' as field,
    account_id as value
from accounts
