with source as (
    select * from {{ source('raw_intercom', 'contacts') }}
),

renamed as (
    select
        id as contact_id,
        external_id,
        role,
        email,
        name,
        case when companies_count = 1 then company_id end as company_id,
        coalesce(signed_up_at, created_at) as created_at,
        updated_at,
        last_seen_at,
        last_replied_at,
        -- who calls our mail spam does not want it either
        unsubscribed_from_emails or coalesce(marked_email_as_spam, false) as is_unsubscribed,
        has_hard_bounced as is_bounced
    from source
)

select * from renamed
