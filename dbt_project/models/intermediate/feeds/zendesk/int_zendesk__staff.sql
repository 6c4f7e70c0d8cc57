with users as (
    select * from {{ ref('stg_zendesk__users') }}
),

ai_names as (
    {{ vocabulary('zendesk', 'ai_user') }}
)

select
    users.user_id,
    ai_names.source_value is not null as is_ai
from users
left join ai_names on lower(trim(users.name)) = ai_names.source_value
where users.role in ('agent', 'admin') or ai_names.source_value is not null
