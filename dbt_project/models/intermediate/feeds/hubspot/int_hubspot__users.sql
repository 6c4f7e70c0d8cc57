with contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
)

select
    contact_id as record_id,
    company_id as account_record_id,
    product_user_id as external_id,
    email,
    name,
    role,
    title,
    is_champion,
    created_at,
    deactivated_at
from contacts
