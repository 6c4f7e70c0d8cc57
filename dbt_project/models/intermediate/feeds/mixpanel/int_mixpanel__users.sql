with traits as (
    select * from {{ ref('stg_mixpanel__traits') }}
),

people as (
    select
        key as user_id,
        {{ latest_trait('group_id') }} as group_id,
        {{ latest_trait('email') }} as email,
        {{ latest_trait('name') }} as name
    from traits
    where kind = 'user'
    group by key
)

select
    user_id as record_id,
    group_id as account_record_id,
    case when user_id not like '%@%' then user_id end as external_id,
    coalesce(email, case when user_id like '%@%' then user_id end) as email,
    name,
    cast(null as varchar) as role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    cast(null as timestamp) as created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from people
