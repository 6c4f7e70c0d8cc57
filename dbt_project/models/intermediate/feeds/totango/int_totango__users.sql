with users as (
    select * from {{ ref('stg_totango__users') }}
)

select
    concat(coalesce(account_id, ''), '/', user_id) as record_id,
    account_id as account_record_id,
    user_id as external_id,
    email,
    display_name as name,
    cast(null as varchar) as role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    first_active_at as created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from users
