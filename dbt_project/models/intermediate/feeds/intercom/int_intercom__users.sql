with contacts as (
    select * from {{ ref('stg_intercom__contacts') }}
)

select
    contact_id as record_id,
    company_id as account_record_id,
    external_id,
    email,
    name,
    role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    created_at,
    cast(null as timestamp) as deactivated_at,
    is_unsubscribed,
    is_bounced
from contacts
