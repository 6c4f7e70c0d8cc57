with conversations as (
    select * from {{ ref('stg_zipchat__conversations') }}
),

leads as (
    select * from {{ ref('stg_zipchat__leads') }}
),

seen as (
    select
        lead_id,
        max_by(lead_email, created_at) filter (where lead_email is not null) as email,
        max_by(lead_name, created_at) filter (where lead_name is not null) as name,
        min(created_at) as first_seen_at
    from conversations
    where lead_id is not null
    group by lead_id
)

select
    seen.lead_id as record_id,
    leads.account_id as account_record_id,
    cast(null as varchar) as external_id,
    coalesce(leads.email, seen.email) as email,
    coalesce(leads.name, seen.name) as name,
    'lead' as role,
    cast(null as varchar) as title,
    cast(null as boolean) as is_champion,
    seen.first_seen_at as created_at,
    cast(null as timestamp) as deactivated_at,
    cast(null as boolean) as is_unsubscribed,
    cast(null as boolean) as is_bounced
from seen
left join leads on seen.lead_id = leads.lead_id
