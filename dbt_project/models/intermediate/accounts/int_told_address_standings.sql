with feeds as (
    {{ union_feeds('address_standings') }}
),

users as (
    select * from {{ ref('int_users') }}
)

select
    system,
    email,
    is_unsubscribed,
    is_bounced
from feeds

union

-- an opt-out is its owner's, at whatever account and system it was said
select
    system,
    lower(trim(email)) as email,
    coalesce(is_unsubscribed, false) as is_unsubscribed,
    coalesce(is_bounced, false) as is_bounced
from users
where trim(email) <> ''
    and (is_unsubscribed or is_bounced)
