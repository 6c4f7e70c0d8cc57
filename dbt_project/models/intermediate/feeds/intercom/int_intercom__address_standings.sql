with contacts as (
    select * from {{ ref('stg_intercom__contacts') }}
)

select
    lower(trim(email)) as email,
    coalesce(bool_or(is_unsubscribed), false) as is_unsubscribed,
    coalesce(bool_or(is_bounced), false) as is_bounced
from contacts
where trim(email) <> ''
    and (is_unsubscribed or is_bounced)
group by lower(trim(email))
