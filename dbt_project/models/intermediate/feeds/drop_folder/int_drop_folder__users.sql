with users as (
    select * from {{ ref('stg_drop_folder__users') }}
)

select
    user_id as record_id,
    account_id as account_record_id,
    user_id as external_id,
    email,
    name,
    role,
    title,
    is_champion,
    created_at,
    deactivated_at,
    is_unsubscribed,
    is_bounced
from users
