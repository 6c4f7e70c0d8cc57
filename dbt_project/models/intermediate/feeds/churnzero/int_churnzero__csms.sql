with user_accounts as (
    select * from {{ ref('stg_churnzero__user_accounts') }}
)

select
    user_account_id as record_id,
    name,
    email,
    cast(null as varchar) as slack_id,
    cast(null as varchar) as manager_record_id,
    cast(null as double) as hours_per_week,
    cast(null as double) as hourly_cost,
    cast(null as varchar) as timezone
from user_accounts
where is_active
