with contacts as (
    select * from {{ ref('stg_churnzero__contacts') }}
)

select
    contact_id as record_id,
    account_id as account_record_id,
    external_id,
    email,
    name,
    cast(null as varchar) as role,
    title,
    cast(null as boolean) as is_champion,
    created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from contacts
