with visitors as (
    select * from {{ ref('stg_pendo__visitors') }}
)

select
    visitor_id as record_id,
    account_id as account_record_id,
    case when visitor_id not like '%@%' then visitor_id end as external_id,
    coalesce(email, case when visitor_id like '%@%' then visitor_id end) as email,
    name,
    role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    first_visit_at as created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from visitors
-- whom Pendo does not know has a made-up id
where visitor_id not like '!_PENDO!_T!_%' escape '!'
