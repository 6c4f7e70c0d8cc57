with accounts as (
    select * from {{ ref('int_drop_folder__accounts') }}
)

select
    record_id,
    'account_id' as field,
    record_id as value
from accounts
