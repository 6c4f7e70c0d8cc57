with contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

merged as (
    select * from {{ ref('stg_hubspot__merged_records') }}
    where kind = 'contacts'
),

standing as (
    select distinct email as standing_email
    from contacts
    where not is_deleted
)

select
    contacts.contact_id as record_id,
    contacts.company_id as account_record_id,
    contacts.product_user_id as external_id,
    contacts.email,
    contacts.name,
    contacts.role,
    contacts.title,
    contacts.is_champion,
    contacts.created_at,
    contacts.deactivated_at,
    contacts.is_unsubscribed,
    contacts.is_bounced
from contacts
left join standing on contacts.email = standing.standing_email
left join merged on contacts.contact_id = merged.record_id
-- a duplicate that was merged away is no person of its own, and nobody who left
where merged.record_id is null
    and (not contacts.is_deleted or standing.standing_email is null)
