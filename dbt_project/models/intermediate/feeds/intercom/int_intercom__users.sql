with contacts as (
    select * from {{ ref('stg_intercom__contacts') }}
),

gone as (
    select * from {{ ref('stg_intercom__gone_contacts') }}
),

-- while nobody looks who is still there, who was unarchived since cannot be told from who is gone
switched_off as (
    select * from {{ ref('stg_tierline__switched_off_tables') }}
    where system = 'intercom'
        and table_name = 'standing_contacts'
)

select
    contacts.contact_id as record_id,
    contacts.company_id as account_record_id,
    contacts.external_id,
    contacts.email,
    contacts.name,
    contacts.role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    contacts.created_at,
    cast(null as timestamp) as deactivated_at,
    contacts.is_unsubscribed,
    contacts.is_bounced
from contacts
left join gone on contacts.contact_id = gone.contact_id
-- merged, archived or deleted, which nobody can tell apart: no person of its own, and nobody who is said to have left
where gone.contact_id is null
    or exists (select 1 from switched_off)
