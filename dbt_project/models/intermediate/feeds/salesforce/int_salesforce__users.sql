with contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

standing as (
    select distinct email as standing_email
    from contacts
    where not is_deleted
)

select
    contact_id as record_id,
    account_id as account_record_id,
    product_user_id as external_id,
    email,
    name,
    role,
    title,
    is_champion,
    created_at,
    deactivated_at,
    is_unsubscribed,
    is_bounced
from contacts
left join standing on contacts.email = standing.standing_email
-- a duplicate that was merged away is deleted, but is nobody who left
where not is_deleted or (standing_email is null and merged_into is null)
