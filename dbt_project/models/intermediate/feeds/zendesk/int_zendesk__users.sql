with users as (
    select * from {{ ref('stg_zendesk__users') }}
)

select
    user_id as record_id,
    organization_id as account_record_id,
    external_id,
    email,
    name,
    cast(null as varchar) as role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    created_at,
    -- Zendesk keeps no date of it; deleting a user is the last thing that happens to it
    case when not is_active then updated_at end as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from users
where role = 'end-user'
